/** Runs in a page: each text whose contrast with its ground is below 4.5 (WCAG 2.2, 1.4.3), with that contrast. */
export const hardToRead = `(() => {
  const channels = (color) => {
    const values = color.match(/[\\d.]+/g).map(Number);
    return color.startsWith('color(') ? values.map((v, at) => (at < 3 ? v * 255 : v)) : values;
  };
  const light = (color) => {
    const [r, g, b] = channels(color).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const color = getComputedStyle(element).backgroundColor;
    const alpha = channels(color)[3] ?? 1;
    return alpha < 0.5 ? ground(element.parentElement) : color;
  };
  const texts = [...document.querySelectorAll('body *')]
    .filter((element) => element.innerText?.trim() && element.getClientRects().length > 0);
  if (texts.length < 10) return ['hardly any text'];
  return texts.flatMap((element) => {
    const pair = [light(getComputedStyle(element).color), light(ground(element))];
    const ratio = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    return ratio >= 4.5 ? [] : [ratio.toFixed(1) + ' ' + element.innerText.slice(0, 60)];
  });
})()`;
