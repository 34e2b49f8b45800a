// On which line each key of a TOML text stands; the readers of TOML keep values only. The text is known to be TOML.

const BARE = /[A-Za-z0-9_-]+/y
const BLANK = /[ \t]*/y

class Scanner {
  constructor(text) {
    this.text = text
    this.at = 0
    this.lines = new Map()
    this.table = []
    this.counts = new Map() // of the tables of one name, [[so]]
  }

  get letter() { return this.text[this.at] }
  starts(text) { return this.text.startsWith(text, this.at) }

  match(pattern) {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    this.at = pattern.lastIndex
    return found?.[0] ?? ''
  }

  // A text in its quotation marks; what it says matters in keys only, and those fit JSON or stand as they are.
  quoted() {
    const mark = this.letter, begin = this.at
    const fence = this.starts(mark.repeat(3)) ? mark.repeat(3) : mark
    this.at += fence.length
    while (!this.starts(fence)) this.at += mark === '"' && this.letter === '\\' ? 2 : 1
    this.at += fence.length
    while (fence.length === 3 && this.letter === mark) this.at++ // up to two marks may stand at the very end
    const whole = this.text.slice(begin, this.at)
    return mark === '"' && fence.length === 1 ? whole : whole.slice(fence.length, -fence.length)
  }

  name() {
    if (this.letter === "'") return this.quoted()
    if (this.letter !== '"') return this.match(BARE)
    const long = /\\U([0-9a-fA-F]{8})/g
    return JSON.parse(this.quoted().replace(long, (_, digits) => String.fromCodePoint(parseInt(digits, 16))))
  }

  key() {
    const path = []
    for (;;) {
      this.match(BLANK)
      path.push(this.name())
      this.match(BLANK)
      if (this.letter !== '.') return path
      this.at++
    }
  }

  note(path, line) {
    for (let length = 1; length <= path.length; length++) {
      const prefix = JSON.stringify(path.slice(0, length))
      if (!this.lines.has(prefix)) this.lines.set(prefix, line)
    }
  }

  // In what is repeated [[so]], a table belongs to the last one.
  within(key) {
    return key.reduce((path, step, at) => {
      const count = at < key.length - 1 ? this.counts.get(JSON.stringify([...path, step])) : undefined
      return count === undefined ? [...path, step] : [...path, step, count - 1]
    }, [])
  }

  comment() { while (this.at < this.text.length && this.letter !== '\n') this.at++ }

  // Past a value: to the end of its line, or further while brackets are open.
  value() {
    for (let open = 0; this.at < this.text.length;) {
      if (this.letter === '"' || this.letter === "'") { this.quoted(); continue }
      if (this.letter === '#') { this.comment(); continue }
      if ('[{'.includes(this.letter)) open++
      if (']}'.includes(this.letter)) open--
      if (this.letter === '\n' && open === 0) return
      this.at++
    }
  }

  statement(line) {
    if (this.letter === '[') {
      const many = this.starts('[[')
      this.at += many ? 2 : 1
      this.table = this.within(this.key())
      this.note(this.table, line)
      if (many) {
        const name = JSON.stringify(this.table), count = this.counts.get(name) ?? 0
        this.counts.set(name, count + 1)
        this.table = [...this.table, count]
        this.note(this.table, line)
      }
      this.comment()
    } else {
      this.note([...this.table, ...this.key()], line)
      this.value()
    }
  }

  run() {
    let line = 1, counted = 0
    while (this.at < this.text.length) {
      if (' \t\r\n'.includes(this.letter)) { this.at++; continue }
      if (this.letter === '#') { this.comment(); continue }
      line += this.text.slice(counted, this.at).split('\n').length - 1
      counted = this.at
      this.statement(line)
    }
    return this.lines
  }
}

// path => the line of the first key that is this one or leads to it, or of what it stands in; 1 if there is none.
export function linesOf(text) {
  const lines = new Scanner(text).run()
  return (path) => {
    for (let length = path.length; length > 0; length--) {
      const line = lines.get(JSON.stringify(path.slice(0, length)))
      if (line !== undefined) return line
    }
    return 1
  }
}
