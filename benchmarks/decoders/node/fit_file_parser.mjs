import FitParser from 'fit-file-parser'

const NAMES = {
  records: 'record',
  sessions: 'session',
  laps: 'lap',
  lengths: 'length',
  events: 'event',
  device_infos: 'device_info',
  file_ids: 'file_id',
  monitors: 'monitoring',
  monitor_info: 'monitoring_info',
  stress: 'stress_level'
}

export const decode = (bytes) => new FitParser().parseAsync(bytes)

export async function messages (bytes) {
  const found = await decode(bytes)
  return Object.fromEntries(Object.entries(NAMES).map(([theirs, name]) => [name, found[theirs] ?? []]))
}
