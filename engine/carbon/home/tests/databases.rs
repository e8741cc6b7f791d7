//! The shared databases in the stock files of every version: sources, mounts, user store, driver.

#![allow(clippy::print_stdout)]

use std::fs;
use std::sync::Arc;

use super::versions::{clusters, differing, pack};
use super::{catalogue, text};
use crate::carbon::home::{Content, DesiredHome, Stock, Workshop};
use crate::catalogue::{Access, Separation};
use crate::cluster::{Cluster, Node};
use crate::edit::{Format, evaluate};

const VARS: &str = "    carbon_database_jars: mysql-5.1.49.jar
    carbon_databases:
      registry: {url: 'jdbc:mysql://10.0.0.9:3306/REG?a=1&b=2', user: reg, password: 'p<w&d>', pool: 20}
      users: {url: 'jdbc:postgresql://10.0.0.9/users', user: um, password: umpw1}
";

/// What product-specific databases a product has besides.
fn more(product: &str) -> &'static str {
    match product {
        "am" => "      apis: {url: 'jdbc:mysql://10.0.0.9:3306/APIM', user: am, password: ampw1}\n",
        _ => "",
    }
}

fn held(home: &DesiredHome, cluster: &Cluster, node: &Node) {
    let of = |path: &str, target: &str| {
        evaluate(text(home, path).as_bytes(), Format::Xml, target).unwrap()
    };
    let source = |name: &str, leaf: &str| {
        of(
            "repository/conf/datasources/master-datasources.xml",
            &format!("datasources/datasource[name='{name}']/definition/configuration/{leaf}"),
        )
    };
    let url = "jdbc:mysql://10.0.0.9:3306/REG?a=1&b=2";
    assert_eq!(source("WSO2_REGISTRY_DB", "url"), [url]);
    assert_eq!(source("WSO2_REGISTRY_DB", "password"), ["p<w&d>"]);
    assert_eq!(source("WSO2_REGISTRY_DB", "maxActive"), ["20"]);
    let driver = source("WSO2_USER_DB", "driverClassName");
    assert_eq!(driver, ["org.postgresql.Driver"]);
    // The local registry stays each node's own.
    assert!(source("WSO2_CARBON_DB", "url")[0].starts_with("jdbc:h2:"));
    let registry = |target: &str| of("repository/conf/registry.xml", target);
    assert_eq!(
        registry("dbConfig[@name='sharedregistry']/dataSource"),
        ["jdbc/WSO2RegistryDB"]
    );
    assert_eq!(
        registry("dbConfig[@name='wso2registry']/dataSource"),
        ["jdbc/WSO2CarbonDB"]
    );
    let release = &cluster.release;
    let part = release.component.as_deref().map(|part| format!("-{part}"));
    let target = format!(
        "/_system/config/{}{}",
        release.product,
        part.unwrap_or_default()
    );
    let mounts = [
        ("config", release.registry.config, target.as_str()),
        (
            "governance",
            release.registry.governance,
            "/_system/governance",
        ),
    ];
    for (space, access, target) in mounts {
        let mount = |leaf: &str| registry(&format!("mount[@path='/_system/{space}']/{leaf}"));
        assert_eq!(mount("targetPath"), [target]);
        assert_eq!(mount("@overwrite"), ["true"]);
        let id = mount("instanceId").concat();
        let instance = |leaf: &str| registry(&format!("remoteInstance[id='{id}']/{leaf}"));
        let read_only = node.is_worker() && access == Access::ReadOnly;
        assert_eq!(
            instance("readOnly"),
            [read_only.to_string()],
            "{}",
            release.product
        );
        assert_eq!(instance("cacheId"), [format!("reg@{url}")]);
        assert_eq!(instance("dbConfig"), ["sharedregistry"]);
    }
    let users = of(
        "repository/conf/user-mgt.xml",
        "Realm/Configuration/Property[@name='dataSource']",
    );
    assert_eq!(users, ["jdbc/WSO2UMDB"]);
    let jar = home
        .get("repository/components/lib/mysql-5.1.49.jar")
        .unwrap();
    assert!(matches!(jar.content, Content::Overlay(_)));
    let sources = home
        .get("repository/conf/datasources/master-datasources.xml")
        .unwrap();
    assert!(
        sources.secret && sources.row.mode & 0o007 == 0,
        "it holds passwords"
    );
    if release.product == "am" {
        assert_eq!(
            source("WSO2AM_DB", "url"),
            ["jdbc:mysql://10.0.0.9:3306/APIM"]
        );
    }
}

#[test]
fn every_version_shares_its_databases_by_role() {
    let mut counted = 0;
    for release in catalogue().iter() {
        if release.separation != Separation::Supported {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mysql-5.1.49.jar"), "jar").unwrap();
        let Some(pack) = pack(release, folder.path()) else {
            println!("skipped: {} {}", release.product, release.version);
            continue;
        };
        counted += 1;
        let vars = format!("{VARS}{}", more(&release.product));
        for cluster in clusters(release, 1, folder.path(), &vars) {
            let stock = Arc::new(Stock::read(Arc::clone(&pack), &cluster).unwrap());
            let workshop = Workshop::new(&stock);
            for node in &cluster.nodes[..2] {
                let home = DesiredHome::compute(&cluster, node, &workshop).unwrap();
                held(&home, &cluster, node);
                // Each edit holds in its own result, and changes nothing there.
                differing(&home);
            }
        }
    }
    assert!(counted == 0 || counted == 29);
}

/// What a person reads: all that a worker's files say more, line ends and all.
#[test]
fn a_worker_with_databases_differs_from_its_stock_by_these_lines() {
    let catalogue = catalogue();
    let release = catalogue.find("esb", "4.9.0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mysql-5.1.49.jar"), "jar").unwrap();
    let Some(pack) = pack(&release, folder.path()) else {
        return;
    };
    let cluster = &clusters(&release, 1, folder.path(), VARS)[0];
    let stock = Arc::new(Stock::read(pack, cluster).unwrap());
    let home = DesiredHome::compute(cluster, &cluster.nodes[1], &Workshop::new(&stock)).unwrap();
    let lines = differing(&home);
    let files = ["master-datasources.xml", "registry.xml", "user-mgt.xml"];
    let mut ours = false;
    let kept = lines.into_iter().filter(|line| {
        if !line.starts_with(' ') {
            ours = files.iter().any(|file| line.ends_with(file));
        }
        ours
    });
    insta::assert_snapshot!(kept.collect::<Vec<_>>().join("\n"), @r#"
repository/conf/datasources/master-datasources.xml
  +        <datasource>
  +            <name>WSO2_REGISTRY_DB</name>
  +            <jndiConfig>
  +                <name>jdbc/WSO2RegistryDB</name>
  +            </jndiConfig>
  +            <definition type="RDBMS">
  +                <configuration>
  +                    <url>jdbc:mysql://10.0.0.9:3306/REG?a=1&amp;b=2</url>
  +                    <username>reg</username>
  +                    <password>p&lt;w&amp;d></password>
  +                    <driverClassName>com.mysql.jdbc.Driver</driverClassName>
  +                    <maxActive>20</maxActive>
  +                    <maxWait>60000</maxWait>
  +                    <testOnBorrow>true</testOnBorrow>
  +                    <validationQuery>SELECT 1</validationQuery>
  +                    <validationInterval>30000</validationInterval>
  +                </configuration>
  +            </definition>
  +        </datasource>
  +        <datasource>
  +            <name>WSO2_USER_DB</name>
  +            <jndiConfig>
  +                <name>jdbc/WSO2UMDB</name>
  +            </jndiConfig>
  +            <definition type="RDBMS">
  +                <configuration>
  +                    <url>jdbc:postgresql://10.0.0.9/users</url>
  +                    <username>um</username>
  +                    <password>umpw1</password>
  +                    <driverClassName>org.postgresql.Driver</driverClassName>
  +                    <maxActive>50</maxActive>
  +                    <maxWait>60000</maxWait>
  +                    <testOnBorrow>true</testOnBorrow>
  +                    <validationQuery>SELECT 1</validationQuery>
  +                    <validationInterval>30000</validationInterval>
  +                </configuration>
  +            </definition>
  +        </datasource>
repository/conf/registry.xml
  +    <dbConfig name="sharedregistry">
  +        <dataSource>jdbc/WSO2RegistryDB</dataSource>
  +    </dbConfig>
  +    <remoteInstance url="https://localhost:9443/registry">
  +        <id>sharedconfig</id>
  +        <dbConfig>sharedregistry</dbConfig>
  +        <readOnly>true</readOnly>
  +        <enableCache>true</enableCache>
  +        <registryRoot>/</registryRoot>
  +        <cacheId>reg@jdbc:mysql://10.0.0.9:3306/REG?a=1&amp;b=2</cacheId>
  +    </remoteInstance>
  +    <remoteInstance url="https://localhost:9443/registry">
  +        <id>sharedgovernance</id>
  +        <dbConfig>sharedregistry</dbConfig>
  +        <readOnly>false</readOnly>
  +        <enableCache>true</enableCache>
  +        <registryRoot>/</registryRoot>
  +        <cacheId>reg@jdbc:mysql://10.0.0.9:3306/REG?a=1&amp;b=2</cacheId>
  +    </remoteInstance>
  +    <mount path="/_system/config" overwrite="true">
  +        <instanceId>sharedconfig</instanceId>
  +        <targetPath>/_system/config/esb</targetPath>
  +    </mount>
  +    <mount path="/_system/governance" overwrite="true">
  +        <instanceId>sharedgovernance</instanceId>
  +        <targetPath>/_system/governance</targetPath>
  +    </mount>
repository/conf/user-mgt.xml
  -            <Property name="dataSource">jdbc/WSO2CarbonDB</Property>
  +            <Property name="dataSource">jdbc/WSO2UMDB</Property>
"#);
    let registry = text(&home, "repository/conf/registry.xml");
    assert_eq!(
        registry.matches('\n').count(),
        registry.matches("\r\n").count()
    );
}
