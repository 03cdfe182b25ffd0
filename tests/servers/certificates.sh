# Makes certificate authorities, certificates and their stores for the servers under test, by openssl.
#
# Sourced by bash scripts. A newcomer may ask why they are made anew each time: a checked-in key expires, and
# looks like a leak to every scanner.
# shellcheck shell=bash

key_password=key-password

quiet_openssl() {
  local said
  said=$(openssl "$@" 2>&1) || die "openssl $1: $said"
}

# authority FOLDER NAME: NAME.pem and NAME.key, a certificate authority.
authority() {
  quiet_openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1/$2.key" -out "$1/$2.pem" -days 30 -subj "/CN=tollwatch test $2"
}

# certificate FOLDER AUTHORITY NAME ALTERNATIVE-NAMES [DAYS]: NAME.pem (with its authority's after it) and NAME.key
# (PKCS8), signed by AUTHORITY. Negative DAYS make one that has expired.
certificate() {
  local folder=$1 authority=$2 name=$3
  quiet_openssl req -newkey rsa:2048 -nodes -keyout "$folder/$name.key" -out "$folder/$name.csr" -subj "/CN=$name"
  printf 'subjectAltName=%s\n' "$4" >"$folder/$name.ext"
  quiet_openssl x509 -req -in "$folder/$name.csr" -CA "$folder/$authority.pem" -CAkey "$folder/$authority.key" \
    -CAcreateserial -days "${5:-30}" -extfile "$folder/$name.ext" -out "$folder/$name.pem"
  cat "$folder/$authority.pem" >>"$folder/$name.pem"
  rm -f "$folder/$name.csr" "$folder/$name.ext" "$folder/$authority.srl"
}

# client_stores FOLDER AUTHORITY NAME: the same key encrypted (NAME.encrypted.key), and all in one PKCS12 store
# (NAME.p12), both under the password in NAME.password.
client_stores() {
  local folder=$1 name=$3
  printf '%s' "$key_password" >"$folder/$name.password"
  quiet_openssl pkcs8 -topk8 -v2 aes-256-cbc -in "$folder/$name.key" -out "$folder/$name.encrypted.key" \
    -passout "file:$folder/$name.password"
  quiet_openssl pkcs12 -export -in "$folder/$name.pem" -inkey "$folder/$name.key" -certfile "$folder/$2.pem" \
    -name "$name" -out "$folder/$name.p12" -passout "file:$folder/$name.password"
}
