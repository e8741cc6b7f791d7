//! Open connections, as the kernel's tables of a host list them: patterns that a host's grep takes.

use std::net::IpAddr;

/// Established (`01`) connections whose other end is the node, in the lines of `/proc/net/tcp` and `tcp6`.
pub(super) fn to_node(address: IpAddr, ports: &[u16]) -> String {
    format!(
        ": [0-9A-F]+:[0-9A-F]+ [0-9A-F]*{}:({}) 01 ",
        hex(address),
        alternatives(ports)
    )
}

/// Those whose own end is one of the ports.
pub(super) fn at_node(ports: &[u16]) -> String {
    format!(
        ": [0-9A-F]+:({}) [0-9A-F]+:[0-9A-F]+ 01 ",
        alternatives(ports)
    )
}

/// True where a line's other end is the host itself: wmprov's own questions come so.
pub(super) fn from_itself(line: &str) -> bool {
    let other = line.split_whitespace().nth(2).unwrap_or_default();
    let address = other.split(':').next().unwrap_or_default();
    address.ends_with("0100007F") || address == "00000000000000000000000001000000"
}

fn alternatives(ports: &[u16]) -> String {
    let ports: Vec<String> = ports.iter().map(|port| format!("{port:04X}")).collect();
    ports.join("|")
}

/// An address as the kernel prints it: each four bytes as a number of a little-endian machine.
fn hex(address: IpAddr) -> String {
    let bytes = match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    bytes
        .chunks(4)
        .flat_map(|word| word.iter().rev().map(|byte| format!("{byte:02X}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines of a real `/proc/net/tcp` and `tcp6`.
    const TABLE: &str = "\
   1: 03044D0A:9C40 04044D0A:2058 01 00000000:00000000 00:00000000 00000000 0 0 1
   2: 01044D0A:9C42 03044D0A:2058 01 00000000:00000000 00:00000000 00000000 0 0 2
   3: 01044D0A:9C44 03044D0A:2058 06 00000000:00000000 00:00000000 00000000 0 0 3
   4: 0000000000000000FFFF000001044D0A:9C46 0000000000000000FFFF000003044D0A:2033 01 0 4
   5: 03044D0A:2058 01044D0A:9C42 01 00000000:00000000 00:00000000 00000000 0 0 5
   6: 03044D0A:2058 0100007F:9C48 01 00000000:00000000 00:00000000 00000000 0 0 6
";

    fn taken(pattern: &str) -> Vec<char> {
        let pattern = regex::Regex::new(pattern).unwrap();
        let lines = TABLE.lines().filter(|line| pattern.is_match(line));
        lines
            .filter(|line| !from_itself(line))
            .filter_map(|line| line.trim().chars().next())
            .collect()
    }

    #[test]
    fn open_connections_are_told_from_all_others() {
        let node: IpAddr = "10.77.4.3".parse().unwrap();
        // Established to either port, by IPv4 or mapped; not those in TIME_WAIT, not the node's own side.
        assert_eq!(taken(&to_node(node, &[8280, 8243])), ['2', '4']);
        assert_eq!(taken(&to_node(node, &[8280])), ['2']);
        assert_eq!(taken(&at_node(&[8280, 8243])), ['5']);
    }

    #[test]
    fn addresses_are_written_as_the_kernel_writes_them() {
        assert_eq!(hex("10.0.0.21".parse().unwrap()), "1500000A");
        assert_eq!(
            hex("::1".parse().unwrap()),
            "00000000000000000000000001000000"
        );
    }
}
