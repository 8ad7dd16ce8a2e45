import { Decoder, Stream } from '@garmin/fitsdk'

export function decode (bytes) {
  const { messages, errors } = new Decoder(Stream.fromBuffer(bytes)).read({ includeUnknownData: true })
  if (errors.length) throw errors[0]
  return messages
}

const snake = (name) => name.replace(/[A-Z]/g, (letter) => '_' + letter.toLowerCase())

export function messages (bytes) {
  const named = ([name, rows]) => [
    snake(name.replace(/Mesgs$/, '')),
    rows.map((row) => Object.fromEntries(Object.entries(row).map(([field, value]) => [snake(field), value])))
  ]
  return Object.fromEntries(Object.entries(decode(bytes)).map(named))
}
