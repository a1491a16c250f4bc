//! Which IP addresses belong to the public internet.
//!
//! The ranges follow the IANA special-purpose address registries (RFC 6890 and
//! its successors). Where those call a range of no use to a webhook receiver
//! global (anycast relays, tunnels), it is refused all the same.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A range of IPv4 addresses: first address and prefix length.
type RangeV4 = (Ipv4Addr, u32);
/// A range of IPv6 addresses: first address and prefix length.
type RangeV6 = (Ipv6Addr, u32);

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u32) -> RangeV4 {
    (Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, c: u16, prefix: u32) -> RangeV6 {
    (Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0), prefix)
}

/// Everything here is refused; all other IPv4 addresses are public.
const REFUSED_V4: &[RangeV4] = &[
    v4(0, 0, 0, 0, 8),        // "this network", RFC 791
    v4(10, 0, 0, 0, 8),       // private, RFC 1918
    v4(100, 64, 0, 0, 10),    // carrier-grade NAT, RFC 6598; a cloud's metadata at 100.100.100.200
    v4(127, 0, 0, 0, 8),      // loopback, RFC 1122
    v4(168, 63, 129, 16, 32), // a cloud's host agent, public in form only
    v4(169, 254, 0, 0, 16),   // link-local, RFC 3927; metadata at 169.254.169.254
    v4(172, 16, 0, 0, 12),    // private, RFC 1918
    v4(192, 0, 0, 0, 24),     // protocol assignments, RFC 6890; metadata at 192.0.0.192
    v4(192, 0, 2, 0, 24),     // documentation, RFC 5737
    v4(192, 31, 196, 0, 24),  // AS112, RFC 7535
    v4(192, 52, 193, 0, 24),  // multicast tunnelling, RFC 7450
    v4(192, 88, 99, 0, 24),   // 6to4 relays, RFC 7526
    v4(192, 168, 0, 0, 16),   // private, RFC 1918
    v4(192, 175, 48, 0, 24),  // AS112, RFC 7534
    v4(198, 18, 0, 0, 15),    // benchmarking, RFC 2544
    v4(198, 51, 100, 0, 24),  // documentation, RFC 5737
    v4(203, 0, 113, 0, 24),   // documentation, RFC 5737
    v4(224, 0, 0, 0, 4),      // multicast, RFC 1112
    v4(240, 0, 0, 0, 4),      // reserved, RFC 1112; broadcast at its end
];

/// The only IPv6 space given out as global unicast, RFC 4291. Outside it lie
/// `::`, loopback, IPv4-mapped and -compatible (`::/96`, `::ffff:0:0/96`), NAT64
/// (`64:ff9b::/96`, `64:ff9b:1::/48`), discard (`100::/64`), segment routing
/// (`5f00::/16`), unique-local (`fc00::/7`), link-local (`fe80::/10`), site-local
/// (`fec0::/10`) and multicast (`ff00::/8`): all refused without being listed.
const GLOBAL_UNICAST_V6: RangeV6 = v6(0x2000, 0, 0, 3);

/// Refused although inside [`GLOBAL_UNICAST_V6`].
const REFUSED_V6: &[RangeV6] = &[
    v6(0x2001, 0, 0, 23),         // protocol assignments, RFC 2928: Teredo, ORCHID, benchmarking
    v6(0x2001, 0xdb8, 0, 32),     // documentation, RFC 3849
    v6(0x2002, 0, 0, 16),         // 6to4, RFC 3056: an IPv4 address inside
    v6(0x2620, 0x4f, 0x8000, 48), // AS112, RFC 7534
    v6(0x3ffe, 0, 0, 16),         // the former 6bone, RFC 3701
    v6(0x3fff, 0, 0, 20),         // documentation, RFC 9637
];

/// Whether an address is a public unicast one, so that a webhook may go there.
///
/// Every IPv6 form that carries an IPv4 address (mapped, compatible, NAT64,
/// 6to4, Teredo) is refused, whatever it carries.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !REFUSED_V4.iter().any(|range| within_v4(address, *range)),
        IpAddr::V6(address) => {
            within_v6(address, GLOBAL_UNICAST_V6) && !REFUSED_V6.iter().any(|range| within_v6(address, *range))
        }
    }
}

fn within_v4(address: Ipv4Addr, (first, prefix): RangeV4) -> bool {
    (address.to_bits() ^ first.to_bits()).leading_zeros() >= prefix
}

fn within_v6(address: Ipv6Addr, (first, prefix): RangeV6) -> bool {
    (address.to_bits() ^ first.to_bits()).leading_zeros() >= prefix
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[rstest]
    #[case("0.0.0.0", "0.255.255.255")]
    #[case("10.0.0.0", "10.255.255.255")]
    #[case("100.64.0.0", "100.127.255.255")]
    #[case("127.0.0.0", "127.255.255.255")]
    #[case("168.63.129.16", "168.63.129.16")]
    #[case("169.254.0.0", "169.254.255.255")]
    #[case("172.16.0.0", "172.31.255.255")]
    #[case("192.0.0.0", "192.0.0.255")]
    #[case("192.0.2.0", "192.0.2.255")]
    #[case("192.31.196.0", "192.31.196.255")]
    #[case("192.52.193.0", "192.52.193.255")]
    #[case("192.88.99.0", "192.88.99.255")]
    #[case("192.168.0.0", "192.168.255.255")]
    #[case("192.175.48.0", "192.175.48.255")]
    #[case("198.18.0.0", "198.19.255.255")]
    #[case("198.51.100.0", "198.51.100.255")]
    #[case("203.0.113.0", "203.0.113.255")]
    #[case("224.0.0.0", "255.255.255.255")]
    fn a_special_ipv4_range_is_refused_from_end_to_end_and_no_further(#[case] first: Ipv4Addr, #[case] last: Ipv4Addr) {
        let (first, last) = (first.to_bits(), last.to_bits());
        let refused = |bits: u32| !is_public(Ipv4Addr::from_bits(bits).into());
        assert!(refused(first) && refused(last) && refused(first.midpoint(last)));
        assert!(first == 0 || !refused(first - 1), "the address before is public");
        assert!(last == u32::MAX || !refused(last + 1), "the address behind is public");
    }

    #[rstest]
    #[case::unspecified("::")]
    #[case::loopback("::1")]
    #[case::compatible("::7f00:1")]
    #[case::compatible_public("::8.8.8.8")]
    #[case::mapped_loopback("::ffff:127.0.0.1")]
    #[case::mapped_public("::ffff:8.8.8.8")]
    #[case::translated("::ffff:0:127.0.0.1")]
    #[case::nat64("64:ff9b::10.0.0.1")]
    #[case::nat64_public("64:ff9b::8.8.8.8")]
    #[case::nat64_local("64:ff9b:1::1")]
    #[case::discard("100::1")]
    #[case::teredo("2001::1")]
    #[case::benchmarking("2001:2::1")]
    #[case::orchid("2001:20::1")]
    #[case::documentation("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]
    #[case::six_to_four("2002:7f00:1::")]
    #[case::as112("2620:4f:8000::1")]
    #[case::six_bone("3ffe::1")]
    #[case::new_documentation("3fff:fff::1")]
    #[case::unallocated("4000::1")]
    #[case::segment_routing("5f00::1")]
    #[case::unique_local("fc00::1")]
    #[case::metadata("fd00:ec2::254")]
    #[case::link_local("fe80::1")]
    #[case::site_local("fec0::1")]
    #[case::multicast("ff02::1")]
    fn a_special_ipv6_address_is_refused(#[case] address: &str) {
        assert!(!public(address), "{address}");
    }

    #[rstest]
    #[case("1.1.1.1")]
    #[case("8.8.8.8")]
    #[case("93.184.215.14")]
    #[case("223.255.255.255")]
    #[case("2001:200::1")]
    #[case("2001:db9::1")]
    #[case("2003::1")]
    #[case("2606:4700:4700::1111")]
    #[case("2620:4f:8001::1")]
    #[case("2a00:1450:4001:80b::200e")]
    #[case("3fff:1000::1")]
    fn an_ordinary_address_is_public(#[case] address: &str) {
        assert!(public(address), "{address}");
    }

    proptest! {
        #[test]
        fn nothing_that_the_standard_library_calls_special_is_public(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            let special = address.is_private() || address.is_loopback() || address.is_link_local()
                || address.is_multicast() || address.is_broadcast() || address.is_documentation()
                || address.is_unspecified();
            prop_assert!(!(special && is_public(address.into())));
        }

        #[test]
        fn no_ipv4_address_gets_through_dressed_as_ipv6(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            prop_assert!(!is_public(address.to_ipv6_mapped().into()));
            prop_assert!(!is_public(address.to_ipv6_compatible().into()));
            let nat64 = 0x0064_ff9b_u128 << 96 | u128::from(bits);
            prop_assert!(!is_public(Ipv6Addr::from_bits(nat64).into()));
            let six_to_four = 0x2002_u128 << 112 | u128::from(bits) << 80;
            prop_assert!(!is_public(Ipv6Addr::from_bits(six_to_four).into()));
            let teredo = 0x2001_0000_u128 << 96 | u128::from(!bits);
            prop_assert!(!is_public(Ipv6Addr::from_bits(teredo).into()));
        }

        #[test]
        fn only_global_unicast_ipv6_is_ever_public(bits: u128) {
            let address = Ipv6Addr::from_bits(bits);
            prop_assert!(!is_public(address.into()) || bits >> 125 == 0b001);
        }
    }
}
