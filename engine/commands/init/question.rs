//! What a first inventory has to be told, in the order in which it is asked.

/// One question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// `esb`.
    Product,
    /// `5.0.0`.
    Version,
    /// 1, 2 or 3.
    Pattern,
    /// `mgr1=10.0.0.11`, several with commas between.
    Managers,
    /// As managers.
    Workers,
    /// The name that clients use.
    Hostname,
    /// The console's name.
    MgtHostname,
    /// `nftables` or `none`.
    Firewall,
    /// The networks of the administrators, where there is a firewall.
    ConsoleAllow,
    /// Where API Manager checks keys, `km.example.com:9443`.
    KeyManager,
    /// The product's zip.
    Pack,
    /// The JDK on the hosts.
    JavaHome,
}

impl Question {
    /// Every question.
    pub const ALL: [Self; 12] = [
        Self::Product,
        Self::Version,
        Self::Pattern,
        Self::Managers,
        Self::Workers,
        Self::Hostname,
        Self::MgtHostname,
        Self::Firewall,
        Self::ConsoleAllow,
        Self::KeyManager,
        Self::Pack,
        Self::JavaHome,
    ];

    /// The argument that answers it.
    #[must_use]
    pub fn flag(self) -> &'static str {
        match self {
            Self::Product => "--product",
            Self::Version => "--version",
            Self::Pattern => "--pattern",
            Self::Managers => "--managers",
            Self::Workers => "--workers",
            Self::Hostname => "--hostname",
            Self::MgtHostname => "--mgt-hostname",
            Self::Firewall => "--firewall",
            Self::ConsoleAllow => "--console-allow",
            Self::KeyManager => "--key-manager",
            Self::Pack => "--pack",
            Self::JavaHome => "--java-home",
        }
    }

    /// The question as it is asked.
    #[must_use]
    pub fn asked(self) -> &'static str {
        match self {
            Self::Product => "which product",
            Self::Version => "which version of it",
            Self::Pattern => "which pattern",
            Self::Managers => "hosts of the managers, as name=address, commas between",
            Self::Workers => "hosts of the workers, as name=address, commas between",
            Self::Hostname => "the name that clients call, such as esb.example.com",
            Self::MgtHostname => "the name that administrators call, or `none`",
            Self::Firewall => {
                "a firewall on the hosts, so that each port is open to whom it is for"
            }
            Self::ConsoleAllow => {
                "addresses and networks of the administrators, who alone reach the console, commas between"
            }
            Self::KeyManager => "host and port of the Key Manager, which is no worker",
            Self::Pack => "the product's zip, beside the inventory",
            Self::JavaHome => "JAVA_HOME on the hosts",
        }
    }

    /// The variable that holds the answer, where one alone does.
    #[must_use]
    pub fn variable(self) -> Option<&'static str> {
        match self {
            Self::Product => Some("carbon_product"),
            Self::Version => Some("carbon_version"),
            Self::Pattern => Some("carbon_pattern"),
            Self::Managers | Self::Workers => None,
            Self::Hostname => Some("carbon_hostname"),
            Self::MgtHostname => Some("carbon_mgt_hostname"),
            Self::Firewall => Some("carbon_firewall"),
            Self::ConsoleAllow => Some("carbon_console_allow"),
            Self::KeyManager => Some("carbon_key_manager"),
            Self::Pack => Some("carbon_pack"),
            Self::JavaHome => Some("java_home"),
        }
    }
}
