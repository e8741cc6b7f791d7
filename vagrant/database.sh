#!/bin/bash
# Makes this machine the database of a lab: `database.sh mariadb|postgresql NETWORK`, as root, on Debian 12. An empty
# database `registry` for the user `carbon`, from that network only; its tables are wmprov's to make. Again: nothing to do.
set -euo pipefail
kind=$1 network=$2
export DEBIAN_FRONTEND=noninteractive

# installed PACKAGE PROGRAM
installed() {
  command -v "$2" >/dev/null && return
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "$1"
}

case $kind in
  mariadb)
    installed mariadb-server mariadbd
    settings=/etc/mysql/mariadb.conf.d/90-lab.cnf
    if [ ! -e $settings ]; then
      # Small, as the machine is.
      printf '[mysqld]\nbind-address=0.0.0.0\nskip-name-resolve\ninnodb_buffer_pool_size=32M\n' >$settings
      systemctl restart mariadb
    fi
    from=${network%.0/24}.%
    mariadb <<END
CREATE DATABASE IF NOT EXISTS registry;
CREATE USER IF NOT EXISTS carbon@'$from' IDENTIFIED BY 'lab-database';
GRANT ALL ON registry.* TO carbon@'$from';
END
    ;;
  postgresql)
    installed postgresql-15 pg_ctlcluster
    settings=/etc/postgresql/15/main
    if [ ! -e $settings/conf.d/lab.conf ]; then
      echo "host registry carbon $network scram-sha-256" >>$settings/pg_hba.conf
      echo "listen_addresses = '*'" >$settings/conf.d/lab.conf
      systemctl restart postgresql@15-main
    fi
    cd /
    as() { runuser -u postgres -- "$@"; }
    as psql -qAt -c "SELECT 1 FROM pg_roles WHERE rolname = 'carbon'" | grep -q 1 ||
      as psql -q -c "CREATE ROLE carbon LOGIN PASSWORD 'lab-database'"
    as psql -qAt -c "SELECT 1 FROM pg_database WHERE datname = 'registry'" | grep -q 1 ||
      as createdb --owner=carbon registry
    ;;
  *)
    echo "database.sh: there is no database \`$kind\`" >&2
    exit 2
    ;;
esac
