"""node."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

TEXT: Final = Message(
    "A peer keeps your home open, meets other peers, fetches what you follow and answers over HTTP on this "
    "computer. While it runs, every other verb asks it, and behaves the same.\n\n"
    "Begin with `node run`; in another terminal, `node status` says how it is."
)
EXAMPLES: Final = (
    ("knowchain node run", Message("Run a peer until Ctrl-C.")),
    ("knowchain node connect /ip4/192.0.2.7/tcp/7485/p2p/12D3KooW…", Message("Meet somebody.")),
    ("knowchain node status", Message("How the running peer is.")),
)

RUN: Final = Message("Run a peer until Ctrl-C.")
RUN_TEXT: Final = Message(
    "Opens the home and keeps it open: meets other peers, and answers over HTTP. Settings come from "
    "config.toml in the home, then from the environment (KNOWCHAIN_API_PORT for api.port), then from --set; "
    "`node config` shows all of them and where each comes from."
)
RUN_EXAMPLES: Final = (
    ("knowchain node run", Message("With the settings of the home.")),
    (
        "knowchain node run --set api.port=0 --set network.mdns=false",
        Message("With two changed."),
    ),
    ("knowchain node run --offline", Message("Only the API, without meeting anybody.")),
)
SET: Final = Message("A setting for this time, such as api.port=0; may stand several times.")
OFFLINE: Final = Message("Meet nobody: the same as --set network.enabled=false.")
RUNNING: Final = Message("The peer answers at {url}. End it with Ctrl-C.")
TOKEN: Final = Message("Programs that change something need the token in {path}.")
ENDED: Final = Message("The peer has ended.")

STATUS: Final = Message("How the running peer is.")
STATUS_TEXT: Final = Message("Asks the running peer who it is, whom it has met, and what it does.")
STATUS_EXAMPLES: Final = (("knowchain node status", Message("In a few lines.")),)
PEER: Final = Message("Peer         {peer}")
NO_PEER: Final = Message("Peer         meets nobody: {why}")
WHERE: Final = Message("API          {url}")
NETWORK: Final = Message("Network      {network}")
LISTENING: Final = Message("Listens on   {address}")
CONNECTED: Final = Message("Connected    {count}")
RECORDS: Final = Message("Records      {records}; {parked} wait for a parent")
SYNC: Final = Message("Sync         {sessions} sessions, {failed} of them failed")
FULL: Final = Message("Files        no more are fetched: there is no room for {wanted}")
BITSWAP: Final = Message("Bitswap      {blocks} blocks given ({size}), {came} fetched")
BITSWAP_OFF: Final = Message("Bitswap      gives nothing (bitswap.serve is false); {came} blocks fetched")
DHT: Final = Message("DHT          {servers} servers in the local network; {keys} things offered")
GATEWAY: Final = Message("Gateway      {url}; {answers} answers, {failures} of them refusals")
KUBO_RPC: Final = Message("RPC of Kubo  {url}; {commands} commands, {failures} of them failures")
TARGET: Final = Message("Pins         {target}: {pinned} pinned, {under_way} under way, {failed} failed")
TARGET_PROBLEM: Final = Message("Pins         {target}: {reason}; next try {when}")
READY: Final = Message("Ready        {ready}")
OFF: Final = Message("switched off")
STARTING: Final = Message("starting")

PEERS: Final = Message("Other peers, connected and known.")
PEERS_TEXT: Final = Message("Lists who is connected, then who was met before, and who is banned.")
PEERS_EXAMPLES: Final = (("knowchain node peers", Message("All of them.")),)
NOBODY: Final = Message("Nobody was met yet.")
ID: Final = Message("PEER")
STATE: Final = Message("STATE")
ADDRESS: Final = Message("ADDRESS")
SEEN: Final = Message("SEEN")
AGENT: Final = Message("PROGRAM")
IS_CONNECTED: Final = Message("connected")
IS_KNOWN: Final = Message("known")
IS_BANNED: Final = Message("banned")

CONNECT: Final = Message("Meet a peer, and stay connected with it.")
CONNECT_TEXT: Final = Message(
    "Dials a peer at its address, a multiaddress that ends in /p2p/ and its id, and stays connected."
)
CONNECT_EXAMPLES: Final = (
    (
        "knowchain node connect /ip4/192.0.2.7/tcp/7485/p2p/12D3KooW…",
        Message("Somebody whose address you know."),
    ),
)
MET: Final = Message("Connected with {peer}.")

BAN: Final = Message("Shut a peer out.")
BAN_TEXT: Final = Message("Ends all connections with a peer and refuses new ones, for a time or for good.")
BAN_EXAMPLES: Final = (
    ("knowchain node ban 12D3KooW…", Message("For good.")),
    ("knowchain node ban 12D3KooW… --hours 24", Message("For a day.")),
)
HOURS: Final = Message("For how many hours; for good if this is left out.")
BANNED: Final = Message("{peer} is shut out.")

UNBAN: Final = Message("Let a peer in again.")
UNBAN_TEXT: Final = Message("Takes a ban back.")
UNBAN_EXAMPLES: Final = (("knowchain node unban 12D3KooW…", Message("Let this one in.")),)
UNBANNED: Final = Message("{peer} may come in again.")

SYNC_VERB: Final = Message("Compare records with peers now.")
SYNC_TEXT: Final = Message(
    "Peers compare what they hold at every meeting and every few minutes; this does it now, with one peer "
    "or with all that are connected, and waits for the end."
)
SYNC_EXAMPLES: Final = (
    ("knowchain node sync", Message("With everybody.")),
    ("knowchain node sync 12D3KooW…", Message("With one.")),
)
NOBODY_THERE: Final = Message("Nobody is connected.")
ENDED_AS: Final = Message("ENDED")
SECONDS: Final = Message("SECONDS")
IN: Final = Message("RECORDS IN")
OUT: Final = Message("RECORDS OUT")

CONFIG: Final = Message("The settings in force, and where each comes from.")
CONFIG_TEXT: Final = Message(
    "Reads config.toml of the home, the environment and --set as `node run` would, and lists every setting. "
    "No peer needs to run."
)
CONFIG_EXAMPLES: Final = (("knowchain node config", Message("All settings.")),)
KEY: Final = Message("SETTING")
VALUE: Final = Message("VALUE")
ORIGIN: Final = Message("FROM")
