// One peer under node in a process of its own; the same questions and answers as child.py.
import fs from 'node:fs'
import readline from 'node:readline'

// console.log goes elsewhere below: only answers are written to 1
const answer = (told) => fs.writeSync(1, JSON.stringify(told) + '\n')
console.log = console.info = console.error // what a library prints must not come between the answers

const peak = () => process.resourceUsage().maxRSS * 1024

async function ask (peer, request) {
  const [first] = request.paths
  if (request.do === 'facts') return { facts: facts(await peer.messages(fs.readFileSync(first))) }
  const before = peak()
  const wall = performance.now()
  const cpu = process.cpuUsage()
  let kept
  for (const path of request.paths) kept = await peer.decode(fs.readFileSync(path))
  const spent = process.cpuUsage(cpu)
  if (request.do === 'peak') return { bytes: peak() - before, kept: kept !== undefined }
  return { cpu: (spent.user + spent.system) / 1e6, wall: (performance.now() - wall) / 1e3 }
}

// messages: name or number -> messages with names in snake case
function facts (messages) {
  const counts = Object.fromEntries(Object.entries(messages).map(([name, rows]) => [name, rows.length]))
  const records = messages.record ?? []
  const seconds = records.filter((row) => row.timestamp).map((row) => new Date(row.timestamp).getTime() / 1e3)
  const sum = (field) => records.reduce((total, row) => total + (Number.isFinite(row[field]) ? row[field] : 0), 0)
  const counters = (messages.monitoring ?? []).filter((row) => row.steps !== undefined || row.cycles !== undefined)
  return {
    counts,
    first: seconds.length ? seconds.reduce((one, other) => Math.min(one, other)) : null,
    last: seconds.length ? seconds.reduce((one, other) => Math.max(one, other)) : null,
    heart_rate: sum('heart_rate'),
    cadence: sum('cadence'),
    distance: sum('distance'),
    monitoring: counters.map((row) => [String(row.activity_type), row.steps ?? null, row.cycles ?? null])
  }
}

let peer
try {
  peer = await import(new URL(process.argv[2], import.meta.url))
  const about = fs.readFileSync(new URL(`node_modules/${process.argv[3]}/package.json`, import.meta.url))
  answer({ version: JSON.parse(about).version })
} catch (error) {
  answer({ error: String(error) })
  process.exit()
}
for await (const line of readline.createInterface({ input: process.stdin })) {
  try {
    answer(await ask(peer, JSON.parse(line)))
  } catch (error) {
    answer({ error: String(error) })
  }
}
