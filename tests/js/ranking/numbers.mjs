// Section 2: integers only. Everything here takes and gives BigInt.

import { createHash } from 'node:crypto'

export const Q = 65536n

export function floorDiv(a, b) {
  const quotient = a / b
  return a % b !== 0n && (a < 0n) !== (b < 0n) ? quotient - 1n : quotient
}

export const least = (a, b) => (a < b ? a : b)
export const most = (a, b) => (a > b ? a : b)
export const sum = (numbers) => numbers.reduce((total, number) => total + number, 0n)

// The whole part of the square root.
export function root(number) {
  let low = 0n, high = number + 1n
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (middle * middle <= number) low = middle
    else high = middle
  }
  return low
}

// The greatest t with t^64 · 2^i ≤ Q^64, by halving the interval in which it lies.
function entry(i) {
  let low = 0n, high = Q + 1n
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if (middle ** 64n << BigInt(i) <= Q ** 64n) low = middle
    else high = middle
  }
  return low
}

export const TBL = Array.from({ length: 64 }, (_, i) => entry(i))

export function fresh(age, halfLife) {
  if (age < 0n) return 0n
  const lives = age / halfLife
  const rest = age - lives * halfLife
  return lives > 64n ? 0n : TBL[64n * rest / halfLife] >> lives
}

export function ilog2q(x) {
  const highest = BigInt(x.toString(2).length - 1)
  let m = highest <= 30n ? x << (30n - highest) : x >> (highest - 30n)
  let y = highest
  for (let step = 0; step < 16; step++) {
    m = m * m >> 30n
    const bit = m >> 31n
    m >>= bit
    y = 2n * y + bit
  }
  return y
}

// ilog2q of what passes one: 0 of nothing.
export const beyondOne = (x) => ilog2q(Q + x) - 16n * Q

// The 95th percentile by nearest rank of the numbers that are not 0; null if there are none.
export function percentile95(numbers) {
  const ascending = numbers.filter((number) => number !== 0n).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return ascending.length ? ascending[Math.ceil(95 * ascending.length / 100) - 1] : null
}

export const sha256 = (...parts) => {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
