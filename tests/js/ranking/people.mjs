// Section 6.4: whom the reader trusts, and whom they block.

import { counting } from './facts.mjs'
import { parseId } from './ids.mjs'
import { massesOf, signalsOf, stepsOf } from './trust.mjs'

// {blocked, seeds, masses, mass(id), trust(id), steps(id)}
export function peopleOf(world, profile, viewer, asOf) {
  const others = world.statements.filter((each) => each.author !== each.subject)
  const statements = counting(others, (each) => `${each.author} ${each.subject}`, asOf)
    .filter((each) => each.until === undefined || each.until > asOf)
  const meIsSeed = profile.seeds.includes('me') && viewer.me !== null
  const blocked = new Set(profile.blocked_people.map(parseId))
  if (meIsSeed) for (const each of statements) if (each.block && each.author === viewer.me) blocked.add(each.subject)
  const named = profile.seeds.map((seed) => (seed === 'me' ? viewer.me : parseId(seed))).filter((seed) => seed !== null)
  const seeds = new Set(named.filter((seed) => !blocked.has(seed)))
  const edges = statements.filter((each) => each.weight !== 0)
    .map((each) => ({ from: each.author, to: each.subject, weight: BigInt(each.weight) }))
  const masses = massesOf(edges, seeds, blocked), signals = signalsOf(masses)
  const steps = stepsOf(edges, seeds, blocked, Number(profile.trust_hops))
  return {
    blocked,
    seeds,
    masses,
    mass: (id) => masses.get(id) ?? 0n,
    trust: (id) => signals.get(id) ?? 0n,
    steps: (id) => ((masses.get(id) ?? 0n) > 0n ? steps.get(id) : undefined),
  }
}
