/** `iasql_set(name, value)`. */
import { type Setting, settingRange, settings, settingText, settingValue } from '#engine/model/setting.ts'
import { storeSetting } from '#postgres/statements/setting.ts'
import { keepSchedule } from '../drift/keep-schedule.ts'
import type { Ports } from '../ports.ts'
import type { RpcAnswer, RpcCall } from '../rpc/catalogue.ts'
import { nearest } from '../rpc/nearest.ts'
import { refusal } from '../rpc/refusal.ts'

export async function setSetting(ports: Ports, call: RpcCall): Promise<RpcAnswer> {
  const name = String(call.arguments[0] ?? '')
  const given = String(call.arguments[1] ?? '')
  const known = Object.values<Setting>(settings)
  const setting = known.find((one) => one.name === name)
  if (!setting) {
    const near = nearest(
      name,
      known.map((one) => one.name),
    )
    throw refusal(
      '22023',
      `there is no setting ${name}${near}`,
      'SELECT name, value, description FROM iasql_setting lists them.',
    )
  }
  const value = settingValue(setting, given)
  if (value === undefined) {
    throw refusal(
      '22023',
      `${name} cannot be ${given === '' ? 'empty' : given}`,
      `It is ${settingRange(setting)}; ${settingText(setting, setting.default)} unless set.`,
    )
  }
  await storeSetting(ports.platform, call.tenant, setting, value)
  await keepSchedule(ports, call.tenant)
  return { kind: 'rows', rows: [{ name, value: settingText(setting, value) }] }
}
