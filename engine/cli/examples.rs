//! The examples at the end of each `--help`. Those that need no host are run as they stand; what the others are has been run by
//! the tests that bring hosts up (`documented.rs`).

pub(crate) const TOP: [&str; 2] = [
    "wmprov validate inventory.yaml",
    "wmprov apply inventory.yaml",
];

pub(crate) const APPLY: [&str; 2] = [
    "wmprov apply inventory.yaml --vault-password-file vault-password",
    "wmprov apply inventory.yaml --limit 'worker:!wkr2' --diff",
];

pub(crate) const PLAN: [&str; 2] = [
    "wmprov plan inventory.yaml",
    "wmprov plan inventory.yaml --output next.plan --vault-password-file vault-password",
];

pub(crate) const SHOW: [&str; 2] = [
    "wmprov show next.plan",
    "wmprov show next.plan --html --vault-password-file vault-password",
];

pub(crate) const DRIFT: [&str; 2] = [
    "wmprov drift inventory.yaml --format text --format html=drift.html",
    "wmprov drift inventory.yaml --install-timer --on-change 'mail -s drift ops@example.com'",
];

pub(crate) const ADOPT: [&str; 2] = [
    "wmprov adopt inventory.yaml",
    "wmprov adopt inventory.yaml --limit wkr1 --yes repository/conf/carbon.xml",
];

pub(crate) const UNLOCK: [&str; 2] = [
    "wmprov unlock inventory.yaml",
    "wmprov unlock inventory.yaml --limit wkr1 --yes",
];

pub(crate) const INIT: [&str; 2] = [
    "wmprov init",
    "wmprov init --product esb --managers 10.0.0.11 --workers 10.0.0.21,10.0.0.22 --hostname esb.example.com --output esb.yaml",
];

pub(crate) const TOPOLOGY: [&str; 2] = [
    "wmprov topology inventory.yaml",
    "wmprov topology inventory.yaml --format svg >cluster.svg",
];

pub(crate) const START: [&str; 2] = [
    "wmprov start inventory.yaml",
    "wmprov start inventory.yaml --skip-unreachable --check",
];

pub(crate) const STOP: [&str; 2] = [
    "wmprov stop inventory.yaml --limit wkr1",
    "wmprov stop inventory.yaml --allow-downtime",
];

pub(crate) const RESTART: [&str; 2] = [
    "wmprov restart inventory.yaml",
    "wmprov restart inventory.yaml --lock-wait 600",
];

pub(crate) const ROLLBACK: [&str; 2] = [
    "wmprov rollback inventory.yaml --check",
    "wmprov rollback inventory.yaml --to 3 --limit wkr1",
];

pub(crate) const PROMOTE: [&str; 2] = [
    "wmprov promote mgr2 inventory.yaml --check",
    "wmprov promote mgr2 inventory.yaml --dead",
];

pub(crate) const DECOMMISSION: [&str; 2] = [
    "wmprov decommission wkr3 inventory.yaml --check",
    "wmprov decommission wkr3 inventory.yaml --purge",
];

pub(crate) const REPLACE: [&str; 2] = [
    "wmprov replace wkr2 inventory.yaml",
    "wmprov replace wkr2 inventory.yaml --host-key SHA256:7Gk4xVq3cZb1yJr0mTt8sPpQwLhN5uUeEoAaRrBbCcD",
];

pub(crate) const GENERATIONS: [&str; 2] = [
    "wmprov generations inventory.yaml",
    "wmprov generations inventory.yaml --limit wkr1 --json",
];

pub(crate) const STATUS: [&str; 2] = [
    "wmprov status inventory.yaml",
    "wmprov status inventory.yaml --watch 5",
];

pub(crate) const BACKUP: [&str; 2] = [
    "wmprov backup inventory.yaml --output esb.backup",
    "wmprov backup inventory.yaml --output esb.backup --encrypt --passphrase-file passphrase",
];

pub(crate) const BACKUP_VERIFY: [&str; 2] = [
    "wmprov backup verify esb.backup",
    "wmprov backup verify esb.backup --passphrase-file passphrase --json",
];

pub(crate) const RESTORE: [&str; 2] = [
    "wmprov restore esb.backup inventory.yaml --check",
    "wmprov restore esb.backup inventory.yaml --passphrase-file passphrase --over databases",
];

pub(crate) const LOGS: [&str; 2] = [
    "wmprov logs inventory.yaml",
    "wmprov logs inventory.yaml --limit wkr1 --lines 200",
];

pub(crate) const THREADS: [&str; 2] = [
    "wmprov threads inventory.yaml --limit wkr1",
    "wmprov threads inventory.yaml --json >threads.json",
];

pub(crate) const HISTORY: [&str; 2] = [
    "wmprov history inventory.yaml",
    "wmprov history inventory.yaml --json",
];

pub(crate) const VALIDATE: [&str; 2] = [
    "wmprov validate inventory.yaml",
    "wmprov validate inventory.yaml --without-pack --extra-vars carbon_heartbeat=30 --json",
];

pub(crate) const EXPLAIN: [&str; 2] = ["wmprov explain", "wmprov explain WM044"];

pub(crate) const INVENTORY: [&str; 2] = [
    "wmprov inventory inventory.yaml --graph",
    "wmprov inventory inventory.yaml --host wkr1",
];

pub(crate) const PLAYBOOK: [&str; 2] = [
    "wmprov playbook export my-playbooks",
    "wmprov playbook modules copy",
];

pub(crate) const PLAYBOOK_LIST: [&str; 2] = [
    "wmprov playbook list",
    "wmprov playbook list | grep templates",
];

pub(crate) const PLAYBOOK_EXPORT: [&str; 2] = [
    "wmprov playbook export our-playbooks",
    "wmprov playbook export theirs && diff -r our-playbooks theirs",
];

pub(crate) const PLAYBOOK_MODULES: [&str; 2] =
    ["wmprov playbook modules", "wmprov playbook modules copy"];

pub(crate) const PACK: [&str; 2] = [
    "wmprov pack inspect packs/wso2esb-4.9.0.zip",
    "wmprov pack products",
];

pub(crate) const PACK_INSPECT: [&str; 2] = [
    "wmprov pack inspect packs/wso2esb-4.9.0.zip",
    "wmprov pack inspect packs/wso2esb-4.9.0.zip >pack.txt",
];

pub(crate) const PACK_PRODUCTS: [&str; 2] = [
    "wmprov pack products",
    "wmprov pack products | grep -A3 esb",
];

pub(crate) const VAULT: [&str; 2] = [
    "wmprov vault encrypt-string --name carbon_admin_password --vault-password-file vault-password",
    "wmprov vault view group_vars/all/secrets.yaml --ask-vault-pass",
];

pub(crate) const VAULT_ENCRYPT_STRING: [&str; 2] = [
    "wmprov vault encrypt-string --name carbon_admin_password --vault-password-file vault-password",
    "wmprov vault encrypt-string --vault-password-file vault-password <password",
];

pub(crate) const VAULT_ENCRYPT: [&str; 2] = [
    "wmprov vault encrypt secrets.yaml --vault-password-file vault-password",
    "wmprov vault encrypt one.yaml two.yaml --vault-password-file vault-password",
];

pub(crate) const VAULT_DECRYPT: [&str; 2] = [
    "wmprov vault decrypt secrets.yaml --vault-password-file vault-password",
    "wmprov vault decrypt one.yaml two.yaml --vault-password-file vault-password",
];

pub(crate) const VAULT_VIEW: [&str; 2] = [
    "wmprov vault view secrets.yaml --vault-password-file vault-password",
    "wmprov vault view secrets.yaml --vault-password-file vault-password | grep admin",
];

pub(crate) const SCHEMA: [&str; 2] = [
    "wmprov schema inventory >inventory.schema.json",
    "wmprov schema playbook >playbook.schema.json",
];

pub(crate) const COMPLETIONS: [&str; 2] = [
    "wmprov completions bash >/etc/bash_completion.d/wmprov",
    "wmprov completions fish >~/.config/fish/completions/wmprov.fish",
];

pub(crate) const MAN: [&str; 2] = ["wmprov man man1", "wmprov man >wmprov.1"];

pub(crate) const VERSION: [&str; 2] = ["wmprov version", "wmprov version --verbose"];
