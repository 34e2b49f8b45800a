"""Admission: the one door through which every record comes in.

HTTP, gossip, reconciliation, CAR import and the command all call it; whatever it answers is the same
for the same blocks, whichever way and in whichever order they came.
"""

from knowchain.admission.answers import Answer, BodyOutcome, Incoming, Verdict
from knowchain.admission.door import Admission
from knowchain.admission.parking import Parking
from knowchain.admission.settling import Accepted

__all__ = ["Accepted", "Admission", "Answer", "BodyOutcome", "Incoming", "Parking", "Verdict"]
