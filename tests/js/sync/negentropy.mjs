// A negentropy v1 peer for ids at timestamp 0, written from docs/spec/sync.md. No dependencies.
import { createHash } from "node:crypto";

const ID = 32;
const LEAF = 8;
const PARTS = 16;
const SKIP = 0, FINGERPRINT = 1, LIST = 2;
const MAX_SIZE = 524288, MAX_RANGES = 65536;

const refuse = (reason, why) => { const e = new Error(`${reason}: ${why}`); e.reason = reason; throw e; };

export function varint(n) {
  let left = BigInt(n);
  const digits = [Number(left & 127n)];
  while ((left >>= 7n) > 0n) digits.unshift(Number(left & 127n) | 128);
  return Buffer.from(digits);
}

class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  get done() { return this.at >= this.bytes.length; }
  take(n) {
    if (n > this.bytes.length - this.at) refuse("malformed", "the message ends early");
    return this.bytes.subarray(this.at, (this.at += n));
  }
  varint() {
    let value = 0n;
    for (let digits = 0; ; digits++) {
      const digit = this.take(1)[0];
      if (digits === 0 && digit === 128) refuse("malformed", "leading zero digit");
      value = (value << 7n) | BigInt(digit & 127);
      if (value > 2n ** 64n - 1n) refuse("malformed", "varint too great");
      if (digit < 128) return value;
    }
  }
}

// A bound is 32 bytes, or null for infinity.
const compareBounds = (a, b) =>
  a === null ? (b === null ? 0 : 1) : b === null ? -1 : Buffer.compare(a, b);

function readBound(reader) {
  const stamp = reader.varint(), size = reader.varint();
  if (stamp === 0n && size === 0n) return null;
  if (stamp !== 1n || size > 32n) refuse("malformed", "bound");
  return Buffer.concat([reader.take(Number(size)), Buffer.alloc(ID)], ID);
}

function writeBound(bound) {
  if (bound === null) return Buffer.from([0, 0]);
  let size = ID;
  while (size > 0 && bound[size - 1] === 0) size--;
  return Buffer.concat([Buffer.from([1]), varint(size), bound.subarray(0, size)]);
}

export function parse(message) {
  if (message.length > MAX_SIZE) refuse("oversized", "bytes");
  if (message[0] !== 0x61) refuse("version", "not 61");
  const reader = new Reader(message.subarray(1));
  const ranges = [];
  let lower = Buffer.alloc(ID);
  while (!reader.done) {
    if (ranges.length === MAX_RANGES) refuse("oversized", "ranges");
    const upper = readBound(reader);
    if (compareBounds(upper, lower) < 0) refuse("malformed", "bounds descend");
    const mode = reader.varint();
    const range = { lower, upper, mode: Number(mode) };
    if (mode === 1n) range.fingerprint = reader.take(16);
    else if (mode === 2n) range.ids = readList(reader, lower, upper);
    else if (mode !== 0n) refuse("malformed", "mode");
    ranges.push(range);
    lower = upper;
  }
  return ranges;
}

function readList(reader, lower, upper) {
  const count = reader.varint();
  if (count > BigInt(MAX_SIZE)) refuse("malformed", "count");
  const ids = [];
  for (let i = 0; i < Number(count); i++) {
    const id = reader.take(ID);
    if (i && Buffer.compare(ids[i - 1], id) >= 0) refuse("malformed", "list does not ascend");
    if (compareBounds(id, lower) < 0 || compareBounds(id, upper) >= 0) refuse("malformed", "outside");
    ids.push(id);
  }
  return ids;
}

export function fingerprint(ids) {
  let sum = 0n;
  for (const id of ids) sum += BigInt("0x" + Buffer.from(id).reverse().toString("hex"));
  const hex = (sum % 2n ** 256n).toString(16).padStart(64, "0");
  return createHash("sha256")
    .update(Buffer.from(hex, "hex").reverse())
    .update(varint(ids.length))
    .digest()
    .subarray(0, 16);
}

export class Peer {
  constructor(ids, initiator) {
    this.ids = [...ids].sort(Buffer.compare);
    this.initiator = initiator;
    this.have = [];
    this.need = [];
  }

  rank(bound) {
    if (bound === null) return this.ids.length;
    let lo = 0, hi = this.ids.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (Buffer.compare(this.ids[mid], bound) < 0) lo = mid + 1; else hi = mid;
    }
    return lo;
  }

  initiate() {
    return this.write([{ lower: Buffer.alloc(ID), upper: null }]);
  }

  // The next message, or null when the initiator knows the whole difference.
  answer(message) {
    const open = [];
    for (const range of parse(message)) {
      if (range.mode === SKIP) continue;
      const mine = this.ids.slice(this.rank(range.lower), this.rank(range.upper));
      if (range.mode === FINGERPRINT) {
        if (!fingerprint(mine).equals(range.fingerprint)) open.push(range);
      } else if (this.initiator) {
        const theirs = new Set(range.ids.map((id) => id.toString("hex")));
        const ours = new Set(mine.map((id) => id.toString("hex")));
        for (const id of ours) if (!theirs.has(id)) this.have.push(id);
        for (const id of theirs) if (!ours.has(id)) this.need.push(id);
      } else open.push({ ...range, list: true });
    }
    return this.initiator && !open.length ? null : this.write(open);
  }

  write(open) {
    const out = [Buffer.from([0x61])];
    let reached = Buffer.alloc(ID);
    for (const range of open) {
      if (compareBounds(range.lower, reached) > 0) out.push(writeBound(range.lower), Buffer.from([SKIP]));
      const lo = this.rank(range.lower), hi = this.rank(range.upper);
      if (range.list || hi - lo <= LEAF) {
        out.push(writeBound(range.upper), Buffer.from([LIST]), varint(hi - lo), ...this.ids.slice(lo, hi));
      } else {
        for (let part = 0; part < PARTS && hi - lo > 0; part++) {
          const from = lo + Math.floor(((hi - lo) * part) / PARTS);
          const to = lo + Math.floor(((hi - lo) * (part + 1)) / PARTS);
          if (from === to) continue;
          const upper = to === hi ? range.upper : this.ids[to];
          out.push(writeBound(upper), Buffer.from([FINGERPRINT]), fingerprint(this.ids.slice(from, to)));
        }
      }
      reached = range.upper;
    }
    return Buffer.concat(out);
  }
}
