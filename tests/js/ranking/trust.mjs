// docs/spec/trust.md: masses of identities, and the signals that follow from them.

import { floorDiv, least, percentile95, Q, sum } from './numbers.mjs'

const MASS = 1n << 40n
const ROUNDS = 20

const magnitude = (weight) => (weight < 0n ? -weight : weight)

// What goes back to the seeds: equal parts, and what is left over to the first of them.
function give(masses, seeds, rest) {
  const share = rest / BigInt(seeds.length), over = rest % BigInt(seeds.length)
  seeds.forEach((seed, place) => {
    masses.set(seed, (masses.get(seed) ?? 0n) + share + (BigInt(place) < over ? 1n : 0n))
  })
}

// edges: a list of {from, to, weight}; seeds: ids, none of them blocked. The mass of each node that has any.
export function massesOf(edges, seeds, blocked) {
  const ascending = [...seeds].sort()
  let masses = new Map()
  if (!ascending.length) return masses
  give(masses, ascending, MASS)
  const out = new Map()
  for (const { from, weight } of edges) out.set(from, (out.get(from) ?? 0n) + magnitude(weight))
  for (let round = 0; round < ROUNDS; round++) {
    const gain = new Map()
    for (const { from, to, weight } of edges) {
      const unit = 85n * (masses.get(from) ?? 0n) / (100n * out.get(from))
      gain.set(to, (gain.get(to) ?? 0n) + unit * weight)
    }
    masses = new Map([...gain].filter(([node, mass]) => mass > 0n && !blocked.has(node)))
    give(masses, ascending, MASS - sum([...masses.values()]))
  }
  return masses
}

// The signal of each node that has one.
export function signalsOf(masses) {
  const cap = percentile95([...masses.values()])
  return new Map([...masses].map(([node, mass]) => [node, least(Q, floorDiv(Q * mass, cap ?? 1n))]))
}

// How many steps each node is from a seed, along positive edges that don't lead to somebody blocked.
export function stepsOf(edges, seeds, blocked, furthest) {
  const steps = new Map([...seeds].map((seed) => [seed, 0]))
  let last = new Set(seeds)
  for (let step = 1; step <= furthest; step++) {
    const found = new Set()
    for (const { from, to, weight } of edges) {
      if (weight > 0n && last.has(from) && !steps.has(to) && !blocked.has(to)) found.add(to)
    }
    for (const node of found) steps.set(node, step)
    last = found
  }
  return steps
}
