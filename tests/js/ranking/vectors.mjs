// Run vectors: node vectors.mjs FOLDER. For every file one line of counts; at the first case that comes out otherwise
// than the file says, a line that says where, and exit code 1.

import { existsSync, readFileSync } from 'node:fs'
import { audit } from './audit.mjs'
import { readViewer, readWorld } from './facts.mjs'
import { Ranking } from './feed.mjs'
import { fingerprint } from './likeness.mjs'
import { groupsOf } from './groups.mjs'
import { parseId, textOf } from './ids.mjs'
import { fresh, ilog2q, TBL } from './numbers.mjs'
import { Fault, readProfile } from './profile.mjs'
import { BadReceipt, readReceipt } from './receipt.mjs'
import { snapshotOf } from './snapshot.mjs'
import { compareTexts } from './texts.mjs'
import { massesOf, signalsOf } from './trust.mjs'

const folder = process.argv[2]

class Different extends Error {}

// The first place where two values of JSON differ; numbers here are all below 2^53.
function same(got, wanted, place) {
  const plain = typeof got === 'bigint' ? Number(got) : got
  if (plain !== null && wanted !== null && typeof plain === 'object' && typeof wanted === 'object') {
    const keys = new Set([...Object.keys(wanted), ...Object.keys(plain)])
    for (const key of keys) same(plain[key], wanted[key], `${place}.${key}`)
  } else if (plain !== wanted) {
    throw new Different(`${place} is ${show(plain)}, not ${show(wanted)}`)
  }
}

// A few numbers pass 2^53, where JavaScript's own would be rounded before anybody saw them.
const exact = (_, value, { source }) => (
  typeof value === 'number' && !Number.isSafeInteger(value) ? BigInt(source) : value)

const show = (value) => JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? Number(each) : each))

function numbers(file) {
  same(TBL, file.table, 'table')
  for (const [age, halfLife, value] of file.fresh) {
    same(fresh(BigInt(age), BigInt(halfLife)), value, `fresh(${age}, ${halfLife})`)
  }
  for (const [x, value] of file.ilog2q) same(ilog2q(BigInt(x)), value, `ilog2q(${x})`)
  return file.table.length + file.fresh.length + file.ilog2q.length
}

function fingerprints(file) {
  for (const [texts, bits] of file.cases) {
    same(fingerprint(texts)?.toString(16).padStart(16, '0') ?? null, bits, JSON.stringify(texts))
  }
  return file.cases.length
}

// docs/spec/trust.md; nodes are the bytes of short ASCII texts there, which order alike.
function masses(file) {
  for (const test of file.cases) {
    const edges = test.edges.map(([from, to, weight]) => ({ from, to, weight: BigInt(weight) }))
    const found = massesOf(edges, new Set(test.seeds), new Set(test.blocked))
    const held = (map) => Object.fromEntries([...map].filter(([, number]) => number > 0n))
    const wanted = (numbers) => Object.fromEntries(Object.entries(numbers).filter(([, number]) => number > 0))
    same(held(found), wanted(test.masses), `${test.name}: masses`)
    same(held(signalsOf(found)), wanted(test.signals), `${test.name}: signals`)
  }
  return file.cases.length
}

function groups(file) {
  for (const test of file.cases) {
    const { groups: found, foretold } = groupsOf(test)
    same({ groups: found, foretold }, { groups: test.groups, foretold: test.foretold }, test.name)
  }
  return file.cases.length
}

function snapshots(file) {
  for (const test of file.cases) {
    const made = snapshotOf(test.network, test.heads.map(parseId), test.absent.map(parseId))
    same(textOf(made.snapshot), test.snapshot, test.name)
    const blocks = Object.fromEntries([...made.blocks].map(([id, block]) => [textOf(id), block.toString('hex')]))
    same(blocks, test.blocks, test.name)
  }
  return file.cases.length
}

function meaning(toml) {
  const profile = readProfile(toml)
  return {
    ...profile,
    drop: profile.drop.map((condition) => condition.text),
    boosts: profile.boosts.map(([when, add]) => [when.text, add]),
    topics: [...new Set(profile.topics)].sort(compareTexts),
    blocked_people: [...profile.blocked_people].sort(compareTexts),
  }
}

function faultOf(toml) {
  try { readProfile(toml) } catch (error) {
    if (error instanceof Fault) return [error.line, error.key]
    throw error
  }
  return null
}

function profiles(file) {
  for (const test of file.valid) same(meaning(test.toml), test.means, test.name)
  for (const test of file.invalid) same(faultOf(test.toml), test.fault, test.name)
  return file.valid.length + file.invalid.length
}

async function auditOf(test, worlds) {
  try { return audit(await readReceipt(Buffer.from(test.file, 'hex')), worlds[test.world]) } catch (error) {
    if (error instanceof BadReceipt) return { verdict: 'refused' }
    throw error
  }
}

async function receipts(file) {
  const worlds = worldsOf(file)
  for (const test of file.cases) same(await auditOf(test, worlds), test.audit, test.name)
  return file.cases.length
}

function worldsOf(file) {
  return Object.fromEntries(Object.entries(file.worlds).map(([name, world]) => [name, readWorld(world)]))
}

function feeds(file) {
  const worlds = worldsOf(file)
  for (const test of file.cases) {
    const ranking = new Ranking(worlds[test.world], readProfile(test.profile), readViewer(test.viewer), test.as_of)
    same(ranking.feed(), test.feed, `${test.name}: feed`)
    for (const [id, judged] of Object.entries(test.judgements)) {
      same(ranking.judge(parseId(id)), judged, `${test.name}: judgement of ${id}`)
    }
  }
  return file.cases.length
}

for (const [name, check] of Object.entries({ numbers, masses, fingerprints, groups, snapshots, profiles, feeds, receipts })) {
  const path = `${folder}/${name}.json`
  if (!existsSync(path)) continue
  try {
    console.log(`${name} ${await check(JSON.parse(readFileSync(path, 'utf8'), exact))}`)
  } catch (error) {
    if (!(error instanceof Different)) throw error
    console.log(`${name}: ${error.message}`)
    process.exitCode = 1
    break
  }
}
