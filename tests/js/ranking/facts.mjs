// Section 4 as the vectors give it: facts and what was said, with ids as ids.mjs has them; and what of it counts.

import { parseId } from './ids.mjs'

const DAY = 86_400_000

export const dayOf = (time) => Math.floor(time / DAY)

function said(each) {
  return { ...each, id: parseId(each.id), author: parseId(each.author), subject: parseId(each.subject) }
}

export function readWorld(world) {
  const ids = (list) => (list ?? []).map(parseId)
  const facts = world.facts.map((each) => ({
    ...each,
    id: parseId(each.id),
    author: parseId(each.author),
    sources: ids(each.sources).sort(),
    uses: ids(each.uses),
    collections: ids(each.collections),
    languages: each.languages ?? [],
    topics: each.topics ?? [],
    stands: each.drop === undefined || each.drop === 'revised',
  }))
  return {
    snapshot: parseId(world.snapshot),
    facts,
    byId: new Map(facts.map((fact) => [fact.id, fact])),
    statements: world.statements.map(said),
    evaluations: world.evaluations.map(said),
    labels: world.labels.map(said),
    viewpoints: new Map(world.viewpoints.map(({ id, groups = [] }) => [parseId(id), groups.map(
      ({ members, minimum }) => ({ minimum, members: new Map(members.map(([who, part]) => [parseId(who), part])) }))])),
    fingerprints: new Map(Object.entries(world.fingerprints).map(([id, bits]) => [parseId(id), BigInt(`0x${bits}`)])),
  }
}

export function readViewer(viewer) {
  const ids = (list) => new Set((list ?? []).map(parseId))
  return {
    me: viewer.me === undefined ? null : parseId(viewer.me),
    people: ids(viewer.people),
    collections: ids(viewer.collections),
    languages: viewer.languages ?? [],
    topics: new Set(viewer.topics ?? []),
    history: new Map(Object.entries(viewer.history ?? {}).map(([id, times]) => [parseId(id), times])),
    salt: Buffer.from(viewer.salt ?? '', 'hex'),
    owed: new Map(Object.entries(viewer.owed ?? {})),
  }
}

// Whether the first was said later than the second: by time, then by id.
const later = (a, b) => a.time > b.time || (a.time === b.time && a.id > b.id)

// Of what was said under one key, the last up to a moment.
export function counting(list, keyOf, asOf) {
  const last = new Map()
  for (const each of list) {
    if (each.time > asOf) continue
    const key = keyOf(each), held = last.get(key)
    if (!held || later(each, held)) last.set(key, each)
  }
  return [...last.values()]
}

// Lists by a key.
export function grouped(list, keyOf) {
  const groups = new Map()
  for (const each of list) {
    const key = keyOf(each)
    if (!groups.has(key)) groups.set(key, [])
    groups.get(key).push(each)
  }
  return groups
}
