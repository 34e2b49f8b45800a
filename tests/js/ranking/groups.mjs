// docs/spec/groups.md: people who judge alike, found in integers.

import { parseId } from './ids.mjs'
import { floorDiv, most, root, sum } from './numbers.mjs'

const L = 1n << 20n
const TURNS = 60, MOVES = 100, MOST_GROUPS = 5, SPLITS = 4
const LEAST_PART = 50n, LEAST_FORETOLD = 550n
const PRICE = [0n, 0n, 15n, 40n, 65n, 90n]

const dot = (a, b) => a.reduce((total, number, at) => total + number * b[at], 0n)
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0)
const magnitude = (number) => (number < 0n ? -number : number)
const greatest = (numbers) => numbers.reduce((found, number) => most(found, magnitude(number)), 0n)
const sign = (number) => (number > 0n ? 1n : number < 0n ? -1n : 0n)

// --- section 1 ---------------------------------------------------------------------------------------

// People {id, w, marks: work => x} who judged enough, and how many works are left.
function judged(test) {
  const works = test.works.map((id, at) => [parseId(id), at]).sort(([a], [b]) => (a < b ? -1 : 1))
  const numbered = new Map(works.map(([, at], number) => [at, number]))
  const all = test.people.map((id, at) => ({
    id, w: BigInt(test.weights[at]),
    marks: new Map(test.judgements[at].flatMap((x, work) => (x === null ? [] : [[numbered.get(work), BigInt(x)]]))),
  })).filter((person) => person.w > 0n)
  const judges = new Map()
  for (const { marks } of all) for (const work of marks.keys()) judges.set(work, (judges.get(work) ?? 0) + 1)
  for (const { marks } of all) for (const work of marks.keys()) if (judges.get(work) < 2) marks.delete(work)
  const people = all.filter(({ marks }) => marks.size >= test['judgements-least'])
  people.sort((a, b) => (parseId(a.id) < parseId(b.id) ? -1 : 1))
  const left = [...new Set(people.flatMap(({ marks }) => [...marks.keys()]))].sort((a, b) => a - b)
  const number = new Map(left.map((work, at) => [work, at]))
  for (const person of people) person.marks = new Map([...person.marks].map(([work, x]) => [number.get(work), x]))
  return { people, works: left.length }
}

const only = (people, keep) => people.map(({ id, w, marks }) => (
  { id, w, marks: new Map([...marks].filter(([work]) => keep(work))) }))

// --- section 2 ---------------------------------------------------------------------------------------

function differences(people, works) {
  const weights = Array(works).fill(0n), sums = Array(works).fill(0n)
  for (const { w, marks } of people) for (const [work, x] of marks) { weights[work] += w; sums[work] += w * x }
  return people.map(({ marks }) => [...marks].map(([work, x]) => (
    [work, 512n * x - floorDiv(512n * sums[work], weights[work])])))
}

function pulls(people, rows) {
  const spreads = rows.map((row) => sum(row.map(([, y]) => y * y)))
  const order = people.map((_, at) => at).sort((a, b) => compare(spreads[a], spreads[b]) || a - b)
  const half = (sum(people.map(({ w }) => w)) + 1n) / 2n
  let reached = 0n
  const middle = order.find((at) => { reached += people[at].w; return reached >= half })
  const bound = 2n * spreads[middle]
  return people.map(({ w }, at) => (spreads[at] > bound ? most(1n, 16n * w * bound / spreads[at]) : 16n * w))
}

function scaled(numbers) {
  let great = greatest(numbers), found = numbers
  if (great === 0n) return found
  while (great >= 2n * L) { found = found.map((each) => each >> 1n); great >>= 1n }
  return found.map((each) => floorDiv(each * L, great))
}

function across(numbers, directions) {
  return directions.reduce((d, e) => {
    const a = floorDiv((dot(d, e) << 20n), dot(e, e))
    return d.map((each, at) => each - (e[at] * a >> 20n))
  }, numbers)
}

const along = (rows, d) => rows.map((row) => sum(row.map(([work, y]) => y * d[work])))

function direction(rows, pull, first, before) {
  let d = scaled(across(scaled(first), before))
  for (let turn = 0; turn < TURNS; turn++) {
    const u = scaled(along(rows, d)), next = Array(d.length).fill(0n)
    rows.forEach((row, at) => { for (const [work, y] of row) next[work] += y * u[at] * pull[at] })
    const found = scaled(across(scaled(next), before))
    if (greatest(found) === 0n) return null
    const stays = found.every((each, at) => each === d[at])
    d = found
    if (stays) break
  }
  const great = greatest(d)
  if (d.find((each) => magnitude(each) === great) <= 0n) d = d.map((each) => -each)
  const length = most(1n, root(dot(d, d)))
  return d.map((each) => floorDiv(each * L, length))
}

// A place of each person, with as many numbers as directions are found.
function placesOf(people, works, count) {
  const rows = differences(people, works), pull = pulls(people, rows)
  const judges = Array(works).fill(0n)
  for (const row of rows) for (const [work] of row) judges[work]++
  const begins = (work) => 1n + (7919n * work ** 2n + 104_729n * work) % 65_521n
  const first = judges.map((number, work) => number * begins(BigInt(work)))
  const directions = []
  while (directions.length < count) {
    const found = direction(rows, pull, first, directions)
    if (!found) break
    directions.push(found)
  }
  const n = BigInt(judges.filter((number) => number > 0n).length)
  const numbers = directions.map((d) => along(rows, d).map((u, at) => {
    const c = BigInt(rows[at].length)
    return c ? (u >> 9n) * root(65_536n * n / c) >> 17n : 0n
  }))
  return people.map((_, at) => numbers.map((each) => each[at]))
}

function near(places) {
  let found = places
  while (found.some((place) => greatest(place) >= 65_536n)) {
    found = found.map((place) => place.map((each) => each >> 1n))
  }
  return found
}

// --- section 3 ---------------------------------------------------------------------------------------

function centre(members, places, people) {
  const all = sum(members.map((at) => people[at].w))
  return places[0].map((_, axis) => floorDiv(sum(members.map((at) => people[at].w * places[at][axis])), all))
}

function membersOf(groups, k) {
  const members = Array.from({ length: k }, () => [])
  groups.forEach((group, at) => members[group].push(at))
  return members
}

function spreadOf(members, places, people) {
  const mean = centre(members, places, people)
  const spreads = mean.map((each, axis) => sum(members.map((at) => people[at].w * (places[at][axis] - each) ** 2n)))
  return { members, mean, spreads, all: sum(spreads) }
}

const firstGreatest = (list, of) => list.reduce((found, each) => (of(each) > of(found) ? each : found))

function cut(groups, g, places, people) {
  const spreads = membersOf(groups, g).map((members) => spreadOf(members, places, people))
  const found = firstGreatest(spreads, (each) => each.all)
  if (found.all === 0n) return null
  const axis = found.spreads.indexOf(firstGreatest(found.spreads, (each) => each))
  const beyond = new Set(found.members.filter((at) => places[at][axis] > found.mean[axis]))
  return groups.map((group, at) => (beyond.has(at) ? g : group))
}

const distance = (a, b) => sum(a.map((each, axis) => (each - b[axis]) ** 2n))

// The group of each person, or null if people can't be parted into k.
function parted(people, places, k) {
  let groups = people.map(() => 0)
  for (let g = 1; g < k; g++) {
    groups = cut(groups, g, places, people)
    if (!groups) return null
  }
  for (let move = 0; move < MOVES; move++) {
    const centres = membersOf(groups, k).map((members) => centre(members, places, people))
    const next = places.map((place) => {
      const away = centres.map((each) => distance(place, each))
      return away.indexOf(away.reduce((found, each) => (each < found ? each : found)))
    })
    if (membersOf(next, k).some((members) => !members.length)) return null
    if (next.every((group, at) => group === groups[at])) break
    groups = next
  }
  return groups
}

// Of each group, the greatest first, the part of everybody who belongs to it.
function partsOf(people, places, groups, k) {
  const weight = (members) => sum(members.map((at) => people[at].w))
  const members = membersOf(groups, k).sort((a, b) => compare(weight(b), weight(a)) || a[0] - b[0])
  const centres = members.map((each) => centre(each, places, people))
  const parts = places.map((place) => {
    const away = centres.map((each) => distance(place, each) + 1n)
    const least = away.reduce((found, each) => (each < found ? each : found))
    const shares = away.map((each) => 1000n * least * least / (each * each))
    return shares.map((each) => 1000n * each / sum(shares))
  })
  return centres.map((_, group) => Object.fromEntries(people.flatMap(({ id }, at) => (
    parts[at][group] < LEAST_PART ? [] : [[id, parts[at][group]]]))))
}

// --- section 4 ---------------------------------------------------------------------------------------

function halves(people, works) {
  const found = []
  for (let s = 0; s < SPLITS; s++) {
    if (s > 0 && 2 ** (s + 2) > works) continue
    const one = only(people, (work) => !(work >> s & 1)), other = only(people, (work) => work >> s & 1)
    found.push([one, other], [other, one])
  }
  return found
}

// What is asked of each person about one half, by groups of the other.
function foretell(asked, groups, counts) {
  const sums = new Map()
  const add = (key, number) => sums.set(key, (sums.get(key) ?? 0n) + number)
  asked.forEach(({ w, marks }, at) => {
    for (const [work, x] of marks) { add(`${work}`, w * x); add(`${work} ${groups[at]}`, w * x) }
  })
  asked.forEach(({ w, marks }, at) => {
    for (const [work, x] of marks) {
      if (x === 0n) continue
      const own = sums.get(`${work} ${groups[at]}`) - w * x
      const told = sign(own) || sign(sums.get(`${work}`) - w * x)
      counts[at].asked++
      if (told === x) counts[at].right++
    }
  })
}

function foretold(people, works, limit) {
  const splits = halves(people, works)
    .map(([seen, asked]) => ({ seen, asked, places: placesOf(seen, works, limit - 1) }))
  const found = []
  for (let k = 1; k <= limit; k++) {
    const counts = people.map(() => ({ asked: 0n, right: 0n }))
    for (const { seen, asked, places } of splits) {
      const groups = parted(seen, near(places.map((place) => place.slice(0, k - 1))), k)
      if (!groups) return found
      foretell(asked, groups, counts)
    }
    const those = people.map(({ w }, at) => ({ w, ...counts[at] })).filter((each) => each.asked > 0n)
    const all = sum(those.map(({ w }) => w))
    found.push(all ? sum(those.map(({ w, asked, right }) => w * (1000n * right / asked))) / all : 0n)
  }
  return found
}

function chosen(found) {
  let taken = 1
  for (let k = 2; k <= found.length; k++) {
    const gain = found[k - 1] - found[taken - 1]
    if (found[k - 1] >= LEAST_FORETOLD && gain >= PRICE[k] - PRICE[taken]) taken = k
  }
  return taken
}

// {groups: the parts of each, foretold: F(1), F(2), …}
export function groupsOf(test) {
  const { people, works } = judged(test)
  if (people.length < 4) return { groups: [], foretold: [] }
  const asked = test['asked-groups']
  const found = foretold(people, works, asked || MOST_GROUPS)
  for (const k of [asked || chosen(found), 1]) {
    const places = near(placesOf(people, works, k - 1))
    const groups = parted(people, places, k)
    if (groups) return { groups: partsOf(people, places, groups, k), foretold: found }
  }
  return { groups: [], foretold: found }
}
