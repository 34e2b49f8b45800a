"""init."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

TEXT: Final = Message(
    "Makes a home: a folder with your keys and your records. You get an identity, which keeps its name for "
    "ever while its keys may change, and a key for this device, which signs your daily work.\n\n"
    "It also writes a recovery file. Take that file away, to paper or to a drawer: it gives you back your "
    "name when this device is stolen or lost, and whoever has it can take your name. It never signs daily "
    "work, and must not stay on this computer."
)
EXAMPLES: Final = (
    ('knowchain init --name "Mari Ellis"', Message("The usual way.")),
    (
        'knowchain init --name "Archif Cwm" --recovery-file /mnt/stick/cwm.txt --reserve /mnt/safe/cwm.txt',
        Message("An archive: the secrets go straight to two media, and a reserve stands above the recovery."),
    ),
    (
        "knowchain init --device --home ~/laptop",
        Message("A further device of an identity that you have: it prints the key to add on the first one."),
    ),
)
NAME: Final = Message("Your name, as others will see it; it is published with your first record.")
NETWORK: Final = Message("The network of the identity.")
RECOVERY_FILE: Final = Message(
    "Where the recovery file is written; by default beside you, as knowchain-recovery-NAME.txt."
)
RESERVE: Final = Message("Also make a reserve secret, above the recovery, and write it here. For archives.")
DEVICE: Final = Message("Make a home for a further device of an identity that you have.")
PASSPHRASE: Final = Message("Ask for a passphrase that encrypts the device key.")

MADE: Final = Message("You are {name}, in {path}.")
IDENTITY: Final = Message("Identity  {id}")
DEVICE_KEY: Final = Message("Device    {key}")
RECOVERY: Final = Message(
    "The recovery file is {path}. Take it away NOW: print it or copy it to a medium that is kept elsewhere, "
    "check that it can be read there, and delete it here."
)
RESERVE_MADE: Final = Message("The reserve file is {path}. Take it to another place than the recovery file.")
NEXT: Final = Message("Next: `knowchain publish FILE --title … --lang … --access public`")
DEVICE_MADE: Final = Message("A device without an identity is ready, in {path}.")
DEVICE_NEXT: Final = Message(
    "Next, on a device of your identity: `knowchain keys add {key}`, then `knowchain export identity.car`; "
    "here: `knowchain import identity.car`."
)
