// Imports one file into Helia's FsBlockstore with the parameters of unixfs-v1-2025; prints JSON: seconds and CID.
// Usage: node import_fs.mjs FILE FOLDER
import { createReadStream } from 'node:fs'
import { FsBlockstore } from 'blockstore-fs'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'

const [file, folder] = process.argv.slice(2)
const blocks = new FsBlockstore(folder)
await blocks.open()
const begun = performance.now()
const options = {
  cidVersion: 1,
  rawLeaves: true,
  chunker: fixedSize({ chunkSize: 1 << 20 }),
  layout: balanced({ maxChildrenPerNode: 1024 })
}
let root
for await (const entry of importer([{ content: createReadStream(file, { highWaterMark: 1 << 20 }) }], blocks, options)) {
  root = entry.cid
}
const seconds = (performance.now() - begun) / 1000
await blocks.close()
console.log(JSON.stringify({ seconds, cid: root.toString() }))
