#!/bin/sh
# Registers the proplets edge-1 and edge-2 and writes the broker's files and everybody's tokens, once.
# Folders: SAMARA_DATA the manager's data, BROKER the broker's configuration, TOKENS the tokens.
set -eu
: "${SAMARA_DATA:=/data}" "${BROKER:=/mosquitto/config}" "${TOKENS:=/tokens}" "${SAMARA:=samara}"
export SAMARA_DATA

if [ -s "$BROKER/mosquitto.conf" ] && [ -s "$TOKENS/manager.env" ]; then exit 0; fi

# A manager with its own broker on a free port, for as long as it takes to register.
port=17070
$SAMARA manager --http-port $port --mqtt-port 0 --log-level warn &
manager=$!
trap 'kill $manager 2>/dev/null || true' EXIT
export SAMARA_MANAGER=http://127.0.0.1:$port
tries=0
until $SAMARA version >/dev/null 2>&1 && $SAMARA proplets list >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 60 ]; then echo 'setup: the manager did not start' >&2; exit 1; fi
  sleep 1
done

umask 077
mkdir -p "$TOKENS" "$BROKER"
for proplet in edge-1 edge-2; do
  $SAMARA proplets add $proplet --json | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' > "$TOKENS/$proplet"
  test -s "$TOKENS/$proplet"
done
$SAMARA broker config mosquitto --dir "$BROKER"
mv "$BROKER/manager.env" "$TOKENS/manager.env"
# Mosquitto's image runs as another user.
chmod 755 "$BROKER"
chmod 644 "$BROKER/passwd" "$BROKER/acl" "$BROKER/mosquitto.conf"
# The image's programs run as its user `node`.
if [ "$(id -u)" = 0 ] && id node >/dev/null 2>&1; then chown -R node:node "$SAMARA_DATA" "$TOKENS"; fi
kill $manager
wait $manager || true
trap - EXIT
