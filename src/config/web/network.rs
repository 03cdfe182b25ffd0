//! Addresses of machines as people name them: one, or all that begin alike.
//!
//! Knows no socket. A newcomer may ask why a name is no address: who it leads to may change behind
//! everybody's back.

use std::net::IpAddr;

/// A network: an address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

impl Network {
    /// Reads `10.1.2.3`, `10.1.2.0/24`, `fd00::/8`; `None` for another text, or bits beyond those
    /// that count.
    #[must_use]
    pub fn parse(text: &str) -> Option<Network> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address = address.parse::<IpAddr>().ok()?.to_canonical();
        let all = width(address);
        let bits = bits.map_or(Some(all), |bits| bits.parse().ok())?;
        let network = Network { address, bits };
        (bits <= all && cut(address, bits) == number(address)).then_some(network)
    }

    /// Whether an address is in it; one of IPv4 in the clothes of IPv6 is the same address.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        width(address) == width(self.address) && cut(address, self.bits) == number(self.address)
    }

    /// Whether every address of its kind is in it.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.bits == 0
    }
}

fn width(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The address's number with the bits behind the first ones cleared.
fn cut(address: IpAddr, bits: u32) -> u128 {
    let behind = width(address).saturating_sub(bits);
    let number = number(address);
    let cleared = number.checked_shr(behind).unwrap_or(0);
    cleared.checked_shl(behind).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_what_begins_alike() {
        let cases = [
            ("10.1.2.0/24", "10.1.2.255", true),
            ("10.1.2.0/24", "10.1.3.0", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("10.1.2.3", "::ffff:10.1.2.3", true),
            ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false),
            ("::1", "127.0.0.1", false),
            ("0.0.0.0/0", "8.8.8.8", true),
            ("0.0.0.0/0", "::1", false),
        ];
        for (network, address, holds) in cases {
            let network = Network::parse(network).unwrap();
            assert_eq!(network.holds(address.parse().unwrap()), holds, "{address}");
        }
        for text in [
            "proxy",
            "10.1.2.3/24",
            "10.0.0.0/33",
            "10.0.0.0/",
            "",
            "1.2.3",
        ] {
            assert_eq!(Network::parse(text), None, "{text}");
        }
    }
}
