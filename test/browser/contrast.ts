/** Which words of a page are hard to read: WCAG 2.2, 1.4.3, wants a contrast of 4.5. Runs in the page. */
export function lowContrast(): readonly string[] {
  const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number)
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = channels(color)
      .slice(0, 3)
      .map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const behind = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)'
    const color = getComputedStyle(element).backgroundColor
    return channels(color)[3] === 0 ? behind(element.parentElement) : color
  }
  const low: string[] = []
  for (const element of document.querySelectorAll<HTMLElement>('body *')) {
    const words = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE)
    const text = words
      .map(({ textContent }) => textContent)
      .join('')
      .trim()
    const isDisabled = element instanceof HTMLButtonElement && element.disabled
    if (text === '' || isDisabled || !element.checkVisibility()) continue
    const [light = 0, dark = 0] = [getComputedStyle(element).color, behind(element)]
      .map(luminance)
      .toSorted((one, other) => other - one)
    const contrast = (light + 0.05) / (dark + 0.05)
    if (contrast < 4.5) low.push(`${text}: ${contrast.toFixed(1)}`)
  }
  return low
}
