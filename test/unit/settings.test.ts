/** What a setting may be: numbers within bounds, and words where it has some. */
import { expect, test } from 'vitest'
import {
  automaticModeOf,
  type Setting,
  settingRange,
  settings,
  settingText,
  settingValue,
} from '#engine/model/setting.ts'

const { automaticMode, driftInterval, driftPaused, runs } = settings

test.each<[Setting, string, number | undefined]>([
  [runs, ' 30 ', 30],
  [runs, 'off', undefined],
  [driftInterval, 'off', 0],
  [driftInterval, 'OFF', 0],
  [driftInterval, '0', undefined],
  [driftInterval, '4', undefined],
  [driftInterval, '5', 5],
  [driftInterval, '10081', undefined],
  [automaticMode, 'apply', 2],
  [automaticMode, '2', undefined],
  [automaticMode, 'everything', undefined],
  [driftPaused, 'on', 1],
  [driftPaused, '', undefined],
])('%o set to "%s" is %s', (setting, text, value) => {
  expect(settingValue(setting, text)).toBe(value)
})

test('every default is a value that can be set, and is shown as it would be typed', () => {
  for (const setting of Object.values<Setting>(settings)) {
    expect(settingValue(setting, settingText(setting, setting.default))).toBe(setting.default)
  }
  expect(settingText(automaticMode, automaticMode.default)).toBe('off')
})

test('says what a setting may be', () => {
  expect(settingRange(runs)).toBe('a whole number from 1 to 3650')
  expect(settingRange(driftInterval)).toBe('off or a whole number from 5 to 10080')
  expect(settingRange(automaticMode)).toBe('off, sync or apply')
  expect(automaticModeOf({ automaticMode: 1 })).toBe('sync')
})
