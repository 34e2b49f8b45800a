// Checks the JavaScript peer against tests/vectors/sync; exits 1 at the first difference.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fingerprint, parse, varint } from "./negentropy.mjs";

const wire = JSON.parse(readFileSync(new URL("../../vectors/sync/wire.json", import.meta.url), "utf8"));
for (const { name, message } of wire.accepted) parse(Buffer.from(message, "hex"), name);
for (const { name, message, reason } of wire.refused)
  assert.throws(() => parse(Buffer.from(message, "hex")), (error) => error.reason === reason, name);
for (const [number, written] of wire.varints.slice(0, -1)) assert.equal(varint(number).toString("hex"), written);
assert.equal(varint(2n ** 64n - 1n).toString("hex"), wire.varints.at(-1)[1]);
const ids = Array.from({ length: 300 }, (_, n) =>
  createHash("sha256").update(`knowchain/sync/vector/${n}`).digest()).sort(Buffer.compare);
for (const { lo, hi, fingerprint: expected } of wire.fingerprints.ranges)
  assert.equal(fingerprint(ids.slice(lo, hi)).toString("hex"), expected);
const carry = wire.fingerprints.carry;
assert.equal(fingerprint(carry.ids.map((id) => Buffer.from(id, "hex"))).toString("hex"), carry.fingerprint);
console.log("ok");
