// Records as docs/spec/records.md says: the rules that need no other record (S1 to S5), links of
// ordinary records (C1 to C3), proofs of forks, and bodies (B1). Plain Node, nothing to install.

import { compare, decode, Float, Link, Malformed } from './dag_cbor.mjs'
import { verify } from './ed25519.mjs'

export class Refused extends Error {
  constructor(reason, why) { super(`${reason}: ${why}`); this.reason = reason }
}

const GREATEST = 2n ** 53n - 1n
const NAME = /^[a-z][a-z0-9-]{0,31}$/
const RELATION = /^[a-z]{1,15}:[A-Za-z]{1,32}$/
const RID = Uint8Array.of(1, 0x71, 0x12, 0x20)
const DOMAIN = new TextEncoder().encode('knowchain/record/1\0')
const subtle = globalThis.crypto.subtle

const malformed = (why) => { throw new Refused('malformed', why) }
const isBytes = (value) => value instanceof Uint8Array
const begins = (value, ...start) => start.every((byte, i) => value[i] === byte)
const matches = (pattern, value) => typeof value === 'string' && !value.endsWith('\n') && pattern.test(value)
const integer = (value, low, high) => typeof value === 'bigint' && value >= low && value <= high
const list = (value, low, high) => Array.isArray(value) && value.length >= low && value.length <= high
const isRid = (value) => value instanceof Link && value.cid.length === 36 && begins(value.cid, ...RID)
const isKey = (value) => isBytes(value) && value.length === 34 && begins(value, 0xed, 0x01)
const isKeyId = (value) => isBytes(value) && value.length === 32
const ascends = (items, order) => items.every((item, i) => i === 0 || order(items[i - 1], item) < 0)
const byCid = (a, b) => compare(a.cid, b.cid)

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
export function text(cid) {
  let out = 'b', bits = 0, held = 0
  for (const byte of cid) {
    held = (held << 8 | byte) & 0xfff
    for (bits += 8; bits >= 5; ) out += ALPHABET[held >> (bits -= 5) & 31]
  }
  return bits ? out + ALPHABET[held << 5 - bits & 31] : out
}

export async function idOf(bytes) {
  return Uint8Array.of(...RID, ...new Uint8Array(await subtle.digest('SHA-256', bytes)))
}

// S1: values and nesting.
function checkValues(value, most, booleans) {
  for (let level = [value], depth = 0; level.length; depth++) {
    const below = []
    for (const item of level) {
      const container = Array.isArray(item) || item instanceof Map
      if (container && depth === most) malformed('nesting')
      if (Array.isArray(item)) for (const one of item) below.push(one)
      else if (item instanceof Map) for (const one of item.values()) below.push(one)
      else if (item === null || item instanceof Float) malformed('a float or null')
      else if (typeof item === 'boolean' && !booleans) malformed('a boolean')
      else if (typeof item === 'bigint' && !integer(item, -GREATEST, GREATEST)) malformed('a large integer')
    }
    level = below
  }
}

function decoded(bytes) {
  try { return decode(bytes) } catch (error) {
    if (error instanceof Malformed) malformed(error.message)
    throw error
  }
}

// S1 to S4, and S5 if a network is given. Returns { id, header, signers }.
export async function readBlock(bytes, network = null) {
  if (bytes.length > 32768) malformed('too large')
  const block = decoded(bytes)
  if (!(block instanceof Map) || block.size !== 2 || !block.has('rec') || !block.has('sig')) malformed('no rec and sig')
  const rec = block.get('rec'), sig = block.get('sig')
  if (!(rec instanceof Map)) malformed('rec')
  checkValues(block, 8, false)
  checkSupported(rec)
  const header = readHeader(rec)
  if (!isBytes(sig)) malformed('sig')
  const signers = [header.key, ...(header.with ?? [])]
  if (sig.length !== 64 * signers.length) throw new Refused('signature', 'length')
  const head = sig.length < 256 ? 2 : 3
  const input = Uint8Array.of(...DOMAIN, ...bytes.subarray(5, bytes.length - sig.length - head - 4))
  for (const [i, key] of signers.entries()) {
    const good = await verify(key.subarray(2), input, sig.subarray(64 * i, 64 * i + 64))
    if (!good) throw new Refused('signature', `signer ${i}`)
  }
  if (network !== null && header.net !== undefined && header.net !== network) throw new Refused('network', header.net)
  return { id: await idOf(bytes), header, signers }
}

function checkSupported(rec) {
  const version = rec.get('v'), key = rec.get('key'), cosigners = rec.get('with')
  if (typeof version !== 'bigint') malformed('v')
  if (version !== 1n) throw new Refused('unsupported', `version ${version}`)
  if (!isBytes(key)) malformed('key')
  const keys = [key, ...(Array.isArray(cosigners) ? cosigners.filter(isBytes) : [])]
  if (!keys.every((one) => begins(one, 0xed, 0x01))) throw new Refused('unsupported', 'algorithm')
}

const ORDINARY = { kind: (v) => matches(NAME, v), author: isRid, prev: isPrev, time: isU53, seq: isU53 }
const LOG = { kind: () => true, time: isU53, ops: (v) => list(v, 0, 64) && v.every(isOperation) }
const GENESIS = { ...LOG, seq: (v) => v === 0n, net: (v) => matches(NAME, v) }
const LATER = { ...LOG, seq: (v) => integer(v, 1n, 65535n), author: isRid, prev: (v) => list(v, 1, 1) && isRid(v[0]) }

function isU53(value) { return integer(value, 0n, GREATEST) }

function isPrev(value) { return list(value, 1, 8) && value.every(isRid) && ascends(value, byCid) }

function readHeader(rec) {
  const log = rec.get('kind') === 'identity'
  const required = { v: () => true, key: isKey, ...(!log ? ORDINARY : rec.has('net') ? GENESIS : LATER) }
  const optional = log ? { with: isCosigners(rec) } : { body: isBodyLink, refs: isRefs }
  for (const field of Object.keys(required)) if (!rec.has(field)) malformed(`${field} lacks`)
  const header = {}
  for (const [field, value] of rec) {
    const check = Object.hasOwn(required, field) ? required[field] : Object.hasOwn(optional, field) ? optional[field] : null
    if (!check || !check(value)) malformed(field)
    header[field] = value
  }
  if (!log && header.seq === 0n && header.prev.length !== 1) malformed('prev')
  return header
}

function isCosigners(rec) {
  const first = rec.get('key')
  return (value) => list(value, 1, 15) && value.every(isKey) && ascends(value, compare) &&
    value.every((key) => compare(key, first) !== 0)
}

function isBodyLink(value) {
  return value instanceof Map && value.size === 2 && isRid(value.get('cid')) && integer(value.get('size'), 1n, 262144n)
}

function isRefs(value) {
  const order = ([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : byCid(x, y))
  return list(value, 1, 64) &&
    value.every((ref) => list(ref, 2, 2) && matches(RELATION, ref[0]) && isRid(ref[1])) && ascends(value, order)
}

function isOperation(value) {
  if (!list(value, 2, 3)) return false
  const [name, first, second] = value
  if (name === 'revoke' && value.length === 3) return isKeyId(first) && list(second, 2, 2) && isU53(second[0]) && isRid(second[1])
  if (value.length !== 2) return false
  if (name === 'add' || name === 'revoke') return isKeyId(first)
  if (name === 'successor' || name === 'accept') return isRid(first)
  return name === 'control' && list(first, 0, 8) && first.every(isRank)
}

function isRank(value) {
  return list(value, 2, 2) && list(value[1], 1, 16) && value[1].every(isKeyId) && ascends(value[1], compare) &&
    integer(value[0], 1n, BigInt(value[1].length))
}

// --- what needs other records -----------------------------------------------------------------

const same = (a, b) => compare(a, b) === 0

export function authorOf(record) { return record.header.author?.cid ?? record.id }

// C1 to C3 for an ordinary record; `held` maps the text of an id to a record. Returns what lacks.
export async function checkLink(record, held) {
  const { header } = record
  const lacking = header.prev.filter((parent) => !held.has(text(parent.cid)))
  if (lacking.length) return lacking.map((parent) => parent.cid)
  const refuse = (why) => { throw new Refused('chain', why) }
  const parents = header.prev.map((parent) => held.get(text(parent.cid)))
  if (!parents.every((parent) => same(authorOf(parent), header.author.cid))) refuse('author')
  if (header.seq === 0n) {
    const keyId = new Uint8Array(await subtle.digest('SHA-256', header.key))
    const adds = parents[0].header.ops ?? []
    if (!adds.some(([name, key]) => name === 'add' && same(key, keyId))) refuse('the parent does not add the key')
    return []
  }
  if (parents.some((parent) => parent.header.kind === 'identity')) refuse('an identity record')
  if (!parents.every((parent) => same(parent.header.key, header.key))) refuse('key')
  const greatest = parents.reduce((most, parent) => (parent.header.seq > most ? parent.header.seq : most), 0n)
  if (header.seq !== greatest + 1n) refuse('seq')
  return []
}

export async function checkFork(first, second) {
  const [a, b] = [await readBlock(first), await readBlock(second)]
  const fork = !same(a.id, b.id) && ![a, b].some(({ header }) => header.kind === 'identity') &&
    same(a.header.key, b.header.key) && a.header.seq === b.header.seq
  if (!fork) throw new Refused('chain', 'no fork')
  return { key: a.header.key, seq: a.header.seq }
}

export async function checkBody(record, bytes) {
  const refuse = (why) => { throw new Refused('body', why) }
  const link = record.header.body
  if (!link) refuse('none linked')
  if (BigInt(bytes.length) !== link.get('size') || !same(await idOf(bytes), link.get('cid').cid)) refuse('other bytes')
  let body
  try { body = decoded(bytes); checkValues(body, 32, true) } catch (error) {
    if (error instanceof Refused) refuse(error.message)
    throw error
  }
  const salt = body instanceof Map && body.get('salt'), author = body instanceof Map && body.get('author')
  if (!isBytes(salt) || salt.length !== 16) refuse('salt')
  if (!(author instanceof Link) || !same(author.cid, authorOf(record))) refuse('author')
  return body
}
