//! Writes the Grafana dashboards of `dashboards/grafana/` from the one table of their panels.
//!
//! Knows no server: `tests/grafana/` runs the queries. A newcomer may ask why JSON is committed that
//! can be made: whoever provisions Grafana has no compiler, and a test holds both to each other.
//!
//! ```sh
//! cargo run --example dashboards
//! ```

mod page;
mod panel;
mod query;
mod source;
mod transform;

use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("dashboards");
    let source = source::read(&fs::read_to_string(root.join("panels.toml"))?)?;
    let folder = root.join("grafana/dashboards");
    fs::create_dir_all(&folder)?;
    for (name, text) in page::files(&source) {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}
