// The CIDs that ipfs-unixfs-importer computes. One JSON case a line comes in, one JSON string goes out: the CID.
//
//   {"profile": "unixfs-v1-2025" | "classic", "chunk_size"?: n, "max_links"?: n, "entries": [entry, …]}
//   entry: {"path": "a/b", "size": n, "start"?: n}     a file; byte i is (start + i) mod 251
//          {"path": "a/b"}                             a folder
//          {"pattern": "f-%.txt", "count": n}          n files: % is the six-digit index, the text is the index
//
// One file alone has the path "". Run: node unixfs_cids.mjs < cases.jsonl
import { createInterface } from 'node:readline'
import { BlackHoleBlockstore } from 'blockstore-core/black-hole'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'

const PIECE = 251 * 4096

const OPTIONS = {
  'unixfs-v1-2025': { profile: 'unixfs-v1-2025' },
  classic: {
    cidVersion: 1,
    rawLeaves: true,
    chunker: fixedSize({ chunkSize: 262144 }),
    layout: balanced({ maxChildrenPerNode: 174 }),
    shardSplitStrategy: 'links-bytes'
  }
}

async function * cycle (size, start) {
  const piece = new Uint8Array(PIECE)
  for (let i = 0; i < PIECE; i++) piece[i] = (start + i) % 251
  for (let at = 0; at < size; at += PIECE) yield piece.subarray(0, Math.min(PIECE, size - at))
}

async function * candidates (entries) {
  for (const { path, size, start = 0, pattern, count } of entries) {
    if (pattern != null) {
      for (let i = 0; i < count; i++) {
        const name = pattern.replace('%', String(i).padStart(6, '0'))
        yield { path: `root/${name}`, content: new TextEncoder().encode(String(i)) }
      }
    } else if (size == null) {
      yield { path: path === '' ? 'root' : `root/${path}` }
    } else {
      yield { path: path === '' ? 'root' : `root/${path}`, content: cycle(size, start) }
    }
  }
}

async function root (test) {
  const options = { ...OPTIONS[test.profile] }
  if (test.chunk_size != null) {
    options.chunker = fixedSize({ chunkSize: test.chunk_size })
    options.layout = balanced({ maxChildrenPerNode: test.max_links })
  }
  let cid
  for await (const entry of importer(candidates(test.entries), new BlackHoleBlockstore(), options)) {
    if (entry.path === 'root') cid = entry.cid
  }
  return cid.toString()
}

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() !== '') console.log(JSON.stringify(await root(JSON.parse(line))))
}
