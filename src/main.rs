//! The program: hands over to the command line.

/// Entries live as long as their batch, tens of thousands at once: an allocator that is made for
/// that halves what their texts cost.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tollwatch::cli::main()
}
