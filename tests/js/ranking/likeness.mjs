// Fingerprints of texts (section 4), and how like two of them are (section 7, costs).

import { Q, sha256 } from './numbers.mjs'
import { fold, SPACE } from './texts.mjs'

const MOST = 4096

// The fingerprint of the texts of a work, a BigInt of 64 bits; null if they are too short for one.
export function fingerprint(texts) {
  const text = [...fold(texts.join('\n'))].slice(0, MOST).join('').replace(SPACE, ' ')
  const letters = [...text]
  const pieces = new Set(letters.slice(2).map((letter, at) => letters[at] + letters[at + 1] + letter))
  if (!pieces.size) return null
  const counts = Array(64).fill(0)
  for (const piece of pieces) {
    const digest = sha256(piece).readBigUInt64BE()
    for (let bit = 0; bit < 64; bit++) counts[bit] += Number(digest >> BigInt(bit) & 1n)
  }
  return counts.reduce((bits, count, bit) => (2 * count > pieces.size ? bits | 1n << BigInt(bit) : bits), 0n)
}

// From 0 to Q; 0 if one of them is undefined.
export function likeness(a, b) {
  if (a === undefined || b === undefined) return 0n
  const apart = (a ^ b).toString(2).replaceAll('0', '').length
  return apart < 32 ? Q * BigInt(32 - apart) / 32n : 0n
}
