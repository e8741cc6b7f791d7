# shellcheck shell=bash
# Sourced: what is not ours comes from the Maven registry once, and is kept in $cache.
cache=${WMPROV_CACHE:-/var/cache/wmprov}
mkdir -p "$cache/jars" "$cache/packs"
exec 9>"$cache/lock"
flock 9

# The JDK.
if ! command -v javac >/dev/null || ! command -v mvn >/dev/null; then
    echo "build: installing a JDK and Maven" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends openjdk-17-jdk-headless maven >&2
fi
fetch() { # GROUP ARTIFACT VERSION: the jar's path in the cache
    local jar=$cache/jars/$2-$3.jar
    if [ ! -s "$jar" ]; then
        echo "build: fetching $1:$2:$3" >&2
        mvn -q -B dependency:get -Dtransitive=false -Dartifact="$1:$2:$3" >&2
        mvn -q -B dependency:copy -Dartifact="$1:$2:$3" -DoutputDirectory="$cache/jars" -Dmdep.useBaseVersion=true >&2
    fi
    [ -s "$jar" ] && echo "$jar"
}
