// Section 10: the file of a receipt, read and refused.

import { decode, Link, Malformed } from '../verify/dag_cbor.mjs'
import { verify } from '../verify/ed25519.mjs'
import { encode, idOfBlock, parseId, textOf } from './ids.mjs'
import { sha256, TBL } from './numbers.mjs'
import { Fault, readProfile } from './profile.mjs'
import { snapshotOf } from './snapshot.mjs'
import { compareTexts } from './texts.mjs'

const LARGEST = 64 << 20
const DOMAIN = Buffer.from('knowchain feed receipt 1\n')
const SAFE = (1n << 53n) - 1n

export class BadReceipt extends Error {}
const fail = (why) => { throw new BadReceipt(why) }

export const TABLES = sha256(...TBL.map((entry) => Buffer.from(entry.toString(16).padStart(8, '0'), 'hex')))

// --- forms -------------------------------------------------------------------------------------------

const whole = (lowest, highest = SAFE) => (value) => (
  typeof value === 'bigint' && value >= lowest && value <= highest ? Number(value) : fail('no number in range'))
const text = (value) => (typeof value === 'string' ? value : fail('no text'))
const bytes = (value) => (value instanceof Uint8Array ? value : fail('no bytes'))
const digest = (value) => (bytes(value).length === 32 ? Buffer.from(value).toString('hex') : fail('no digest'))
const same = (wanted) => (value) => (value === wanted ? value : fail('another version'))
const orNull = (form) => (value) => (value === null ? null : form(value))
const list = (form) => (value) => (Array.isArray(value) ? value.map(form) : fail('no list'))
const tuple = (...forms) => (value) => (
  Array.isArray(value) && value.length === forms.length ? value.map((each, at) => forms[at](each)) : fail('no tuple'))
const id = (value) => {
  const found = value instanceof Link && parseId(textOf(Buffer.from(value.cid).toString('hex')))
  return found || fail('no link to a record')
}
const counts = (form) => (value) => (
  value instanceof Map ? Object.fromEntries([...value].map(([key, count]) => [key, form(count)])) : fail('no map'))

function map(forms, optional = []) {
  return (value) => {
    if (!(value instanceof Map)) fail('no map')
    for (const key of value.keys()) if (!Object.hasOwn(forms, key)) fail(`${key} is unknown`)
    const keys = Object.keys(forms).filter((key) => !optional.includes(key) || value.has(key))
    return Object.fromEntries(keys.map((key) => [key, value.has(key) ? forms[key](value.get(key)) : fail(`no ${key}`)]))
  }
}

const integer = (value) => (typeof value === 'bigint' ? Number(value) : fail('no integer'))
const natural = whole(0n)
const ledger = orNull(counts(integer))
const place = whole(1n, 500n)

// A list that ascends strictly by what each entry orders by.
const ascending = (form, key = (each) => each) => (value) => {
  const found = list(form)(value)
  const rises = found.every((each, at) => at === 0 || compareTexts(key(found[at - 1]), key(each)) < 0)
  return rises ? found : fail('a list that does not ascend')
}
const receipt = map({
  v: same(1n), engine: same('knowchain-ranking/1'), tables: digest, profile: text, snapshot: id, as_of: natural,
  limit: place, reader: id, works: whole(0n, 1n << 64n), candidates: whole(0n, 1n << 64n), given: counts(integer),
  dropped: counts(integer), items: list(tuple(id, integer, place)), unmet: counts(integer),
  trust_root: orNull(digest), explain_root: digest, ledger_before: ledger, ledger_after: ledger,
  private: counts(digest), key: bytes, sig: bytes,
})
const listed = map({ count: natural, chunks: list(id) })
const manifest = map({ v: same(1n), network: text, heads: listed, absent: listed })
const follows = map({
  people: ascending(id), collections: ascending(id), languages: list(text), topics: ascending(text),
})
const history = ascending(tuple(id, whole(1n)), ([work]) => work)

// --- checks ------------------------------------------------------------------------------------------

function formed(data) {
  const found = decode(data)
  const file = map({ receipt: (value) => value, manifest: list(bytes), opened: (value) => value }, ['opened'])(found)
  return { ...file, stated: receipt(file.receipt) }
}

async function checkSignature(given, key, signature) {
  const signed = new Map([...given].filter(([name]) => name !== 'sig'))
  if (key.length !== 34 || key[0] !== 0xed || key[1] !== 1) fail('no key')
  if (!await verify(key.subarray(2), Buffer.concat([DOMAIN, encode(signed)]), signature)) fail('signature')
}

// The heads and absent bodies of a manifest, if its blocks are those of the snapshot, in their order.
function readManifest([root, ...chunks], snapshot) {
  if (!root || idOfBlock(root) !== snapshot) fail('no manifest of this snapshot')
  const { network, heads, absent } = manifest(decode(root))
  const ids = chunks.flatMap((chunk) => list(id)(decode(chunk)))
  const found = { network, heads: ids.slice(0, heads.count), absent: ids.slice(heads.count) }
  const made = snapshotOf(network, found.heads, found.absent)
  const blocks = [...made.blocks].sort(([a], [b]) => (a === snapshot ? -1 : b === snapshot ? 1 : 0))
  const fits = made.snapshot === snapshot && blocks.length === chunks.length + 1 &&
    blocks.every(([, block], at) => block.equals([root, ...chunks][at]))
  return fits ? found : fail('blocks that are not those of the snapshot')
}

const FORMS = { follows, history }

export const commitmentTo = (salt, of) => sha256(salt, encode(of)).toString('hex')

// All private inputs are opened, or none.
function readOpenings(given, committed) {
  if (given === undefined) return {}
  if (!(given instanceof Map) || given.size !== Object.keys(committed).length) fail('it does not open everything')
  return Object.fromEntries([...given].map(([name, opening]) => {
    if (!Object.hasOwn(committed, name) || !Object.hasOwn(FORMS, name)) fail('it opens what was not committed to')
    const { salt, of } = map({ salt: bytes, of: (value) => value })(opening)
    const found = FORMS[name](of)
    const nothing = name === 'follows' && Object.values(found).every((each) => each.length === 0)
    if (nothing && salt.length > 0) fail('a salt of nothing followed')
    if (commitmentTo(salt, of) !== committed[name]) fail('not what was committed to')
    return [name, { salt, of: found }]
  }))
}

// {receipt, manifest, opened}
export async function readReceipt(data) {
  if (data.length > LARGEST) fail('too large')
  try {
    const { receipt: given, manifest: blocks, opened, stated } = formed(data)
    await checkSignature(given, stated.key, stated.sig)
    if (stated.tables !== TABLES.toString('hex')) fail('another table')
    readProfile(stated.profile)
    const held = readManifest(blocks, stated.snapshot)
    return { receipt: stated, manifest: held, opened: readOpenings(opened, stated.private) }
  } catch (error) {
    if (error instanceof Malformed || error instanceof Fault) fail(error.message)
    throw error
  }
}
