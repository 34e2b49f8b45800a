"""Types of events: PREMIS (id.loc.gov/vocabulary/preservation/eventType) and those of custody and consent."""

from __future__ import annotations

from typing import Final

from knowchain.records.vocabulary.terms import Terms

__all__ = ["CUSTODY", "EVENT_TYPES", "PREMIS"]

PREMIS: Final = (
    "accession",
    "appraisal",
    "capture",
    "compiling",
    "compression",
    "creation",
    "deaccession",
    "decompression",
    "decryption",
    "deletion",
    "digital-signature-generation",
    "digital-signature-validation",
    "displaying",
    "dissemination",
    "encryption",
    "execution",
    "exporting",
    "extraction",
    "filename-change",
    "fixity-check",
    "forensic-feature-analysis",
    "format-identification",
    "identifier-assignment",
    "imaging",
    "information-package-creation",
    "information-package-merging",
    "information-package-splitting",
    "ingestion",
    "ingestion-end",
    "ingestion-start",
    "interpreting",
    "message-digest-calculation",
    "metadata-extraction",
    "metadata-modification",
    "migration",
    "modification",
    "normalization",
    "packing",
    "policy-assignment",
    "printing",
    "quarantine",
    "recovery",
    "redaction",
    "refreshment",
    "rendering",
    "replication",
    "transfer",
    "unpacking",
    "unquarantine",
    "validation",
    "virus-check",
)

CUSTODY: Final = (
    "custody-transfer",
    "withdrawal-request",
    "withdrawal",
    "reinstatement",
    "key-rotation",
    "timestamp",
    "consultation",
)

EVENT_TYPES: Final = Terms("event type", PREMIS + CUSTODY, closed=True)
