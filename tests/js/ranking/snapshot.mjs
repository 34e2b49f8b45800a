// Section 3: the manifest of what is held, and its CID.

import { encode, idOfBlock, linkTo } from './ids.mjs'

const CHUNK = 20_000

// The snapshot, and every block by its id: those of the heads, of the absent bodies, and the root.
export function snapshotOf(network, heads, absent) {
  const blocks = new Map()
  const keep = (value) => {
    const block = encode(value), id = idOfBlock(block)
    blocks.set(id, block)
    return id
  }
  const list = (ids) => {
    const ascending = [...new Set(ids)].sort()
    const chunks = []
    for (let at = 0; at < ascending.length; at += CHUNK) {
      chunks.push(linkTo(keep(ascending.slice(at, at + CHUNK).map(linkTo))))
    }
    return { count: ascending.length, chunks }
  }
  const snapshot = keep({ v: 1, network, heads: list(heads), absent: list(absent) })
  return { snapshot, blocks }
}
