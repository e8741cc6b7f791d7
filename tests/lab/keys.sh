# shellcheck shell=bash
# Keys: the users', the authority's and the hosts'. All are cached (RSA keys take
# a while) and belong to this lab only.

USER_KEYS=(id_ed25519 id_rsa id_ecdsa id_ed25519_enc)

# new_key FILE TYPE [PASSPHRASE]: made beside its place, so that a cut leaves none.
new_key() {
  [ -f "$1.pub" ] && return 0
  rm -f "$1" "$1.new" "$1.new.pub"
  ssh-keygen -q -t "$2" -N "${3:-}" -C "lab $(basename "$1")" -f "$1.new"
  mv "$1.new" "$1"
  mv "$1.new.pub" "$1.pub"
}

make_user_keys() {
  local keys=$CACHE/keys
  [ -f "$keys/id_certified-cert.pub" ] && return 0
  mkdir -p "$keys"
  chmod 0700 "$keys"
  (
    flock -w 60 8
    new_key "$keys/ca" ed25519
    new_key "$keys/id_ed25519" ed25519
    new_key "$keys/id_rsa" rsa
    new_key "$keys/id_ecdsa" ecdsa
    new_key "$keys/id_ed25519_enc" ed25519 lab-passphrase
    new_key "$keys/id_stranger" ed25519
    new_key "$keys/id_certified" ed25519
    ssh-keygen -q -s "$keys/ca" -I certified -n deploy,operator,root "$keys/id_certified.pub"
  ) 8>"$CACHE/keys.lock"
}

# What the hosts of a lab have in common: a layer between the base and each host.
make_layer() {
  local layer=$STATE/layer base=$1 user home to
  [ -d "$layer" ] && return 0
  rm -rf "$layer.new"
  mkdir -p "$layer.new/home" "$layer.new/etc/ssh"
  for home in "$base"/home/* "$base/root"; do
    user=$(basename "$home")
    [ "$user" = root ] && to=$layer.new/root || to=$layer.new/home/$user
    mkdir -p "$to/.ssh"
    (cd "$CACHE/keys" && cat "${USER_KEYS[@]/%/.pub}") >"$to/.ssh/authorized_keys"
    chmod 0700 "$to/.ssh"
    chmod 0600 "$to/.ssh/authorized_keys"
    chown -R --reference="$home" "$to"
    chmod --reference="$home" "$to"
  done
  cp "$CACHE/keys/ca.pub" "$layer.new/etc/ssh/lab_ca.pub"
  mv "$layer.new" "$layer"
}

copy_user_keys() {
  local key
  for key in "${USER_KEYS[@]}" id_stranger id_certified; do
    cp -p "$CACHE/keys/$key" "$CACHE/keys/$key.pub" "$STATE/"
  done
  cp -p "$CACHE/keys/id_certified-cert.pub" "$CACHE/keys/ca.pub" "$STATE/"
}

# make_host_keys NAME INDEX ROOT: plain keys of three kinds and a certificate.
# All labs share the cached keys of an index.
make_host_keys() {
  local name=$1 address keys=$CACHE/keys/host$2 ssh=$3/etc/ssh type
  address=$(address_of "$2")
  (
    flock -w 60 8
    mkdir -p "$keys"
    for type in ed25519 ecdsa rsa; do
      new_key "$keys/ssh_host_${type}_key" "$type"
      cp "$keys/ssh_host_${type}_key" "$keys/ssh_host_${type}_key.pub" "$ssh/"
    done
  ) 8>"$CACHE/keys.lock"
  ssh-keygen -q -s "$CACHE/keys/ca" -I "$name" -h -n "$name,$address" "$ssh/ssh_host_ed25519_key.pub"
}

verb_known_hosts() {
  local host type key rest
  for host in "$STATE"/hosts/*; do
    for type in ed25519 ecdsa rsa; do
      read -r type key rest <"$host/upper/etc/ssh/ssh_host_${type}_key.pub"
      echo "$(basename "$host"),$(<"$host/address") $type $key"
    done
  done
}

write_known_hosts() {
  verb_known_hosts >"$STATE/known_hosts.new"
  mv "$STATE/known_hosts.new" "$STATE/known_hosts"
  echo "@cert-authority *,10.77.* $(<"$STATE/ca.pub")" >"$STATE/known_hosts_ca"
}
