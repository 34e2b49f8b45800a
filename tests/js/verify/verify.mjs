// Run the vectors: node verify.mjs FOLDER. Prints one line of counts for each file; exit code 1 and a
// line for every case that comes out otherwise than the file says.

import { readFileSync } from 'node:fs'
import { verify } from './ed25519.mjs'
import { authorOf, checkBody, checkFork, checkLink, readBlock, Refused, text } from './record.mjs'

const folder = process.argv[2]
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, 'hex'))
const hex = (data) => Buffer.from(data).toString('hex')
let failures = 0

async function outcome(run) {
  try { return { reason: null, value: await run() } } catch (error) {
    if (error instanceof Refused) return { reason: error.reason }
    throw error
  }
}

const CHECKS = {
  form: (test) => outcome(() => readBlock(bytes(test.block), 'main')),
  signature: (test) => outcome(() => readBlock(bytes(test.block), 'main')),
  ed25519: async (test) => ({ good: await verify(bytes(test.key), bytes(test.message), bytes(test.signature)) }),
  chain: chainCase,
  identity: networkCase,
  forks: async (test) => {
    const { reason, value } = await outcome(() => checkFork(bytes(test.first), bytes(test.second)))
    return { reason, key: value ? hex(value.key) : null, seq: value ? Number(value.seq) : null }
  },
  body: async (test) => {
    const record = await readBlock(bytes(test.block))
    const { reason } = await outcome(() => checkBody(record, bytes(test.body)))
    return { reason }
  },
}

async function chainCase(test) {
  const held = new Map()
  for (const given of test.given) {
    const record = await readBlock(bytes(given))
    held.set(text(record.id), record)
  }
  const record = await readBlock(bytes(test.block))
  if (record.header.kind === 'identity') {
    const lacking = (record.header.prev ?? []).map((parent) => parent.cid).filter((cid) => !held.has(text(cid)))
    return { reason: null, missing: lacking.map(hex) }
  }
  const { reason, value } = await outcome(() => checkLink(record, held))
  return { reason, missing: (value ?? []).map(hex).sort() }
}

// Ranks are beyond a verifier of blocks; the network of a genesis is not.
async function networkCase(test) {
  const { reason } = await outcome(() => readBlock(bytes(test.block), test.network ?? 'main'))
  return { reason: reason ?? (test.reason === 'identity' ? 'identity' : null) }
}

for (const [name, check] of Object.entries(CHECKS)) {
  const { cases } = JSON.parse(readFileSync(`${folder}/${name}.json`))
  for (const test of cases) {
    const got = await check(test)
    for (const field of ['reason', 'good', 'missing', 'key', 'seq']) {
      if (!(field in got) || JSON.stringify(got[field]) === JSON.stringify(test[field])) continue
      failures++
      console.log(`${name}: ${test.name}: ${field} is ${JSON.stringify(got[field])}, not ${JSON.stringify(test[field])}`)
    }
  }
  console.log(`${name} ${cases.length}`)
}

const { cases } = JSON.parse(readFileSync(`${folder}/body.json`))
const example = await readBlock(bytes(cases.find((test) => test.name === 'example').block), 'main')
console.log(`example ${text(example.id)} of ${text(authorOf(example))}`)
process.exit(failures ? 1 : 0)
