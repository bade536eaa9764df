// Charts leave the page as SVG, PNG or CSV.
export function save(name: string, type: string, data: BlobPart): void {
  const url = URL.createObjectURL(new Blob([data], { type }));
  const a = document.createElement('a');
  a.href = url;
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** A copy that stands alone: computed colours and fonts written into it, page variables replaced by their values. */
export function standalone(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const root = getComputedStyle(document.documentElement);
  const style = getComputedStyle(svg);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('font-family', 'system-ui, sans-serif');
  copy.setAttribute('font-size', '13');
  copy.setAttribute('color', style.color);
  copy.setAttribute('fill', 'currentColor');
  if (!copy.getAttribute('width')) {
    copy.setAttribute('width', String(svg.clientWidth));
    copy.setAttribute('height', String(svg.clientHeight));
  }
  const [x = 0, y = 0, w = 0, h = 0] = (copy.getAttribute('viewBox') ?? '').split(/[ ,]+/).map(Number);
  const ground = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [k, v] of Object.entries({ x, y, width: w, height: h, fill: root.getPropertyValue('--ground').trim() })) ground.setAttribute(k, String(v));
  copy.prepend(ground);
  return new XMLSerializer().serializeToString(copy).replace(/var\((--[\w-]+)\)/g, (_, name: string) => root.getPropertyValue(name).trim());
}

export async function savePng(name: string, svg: SVGSVGElement): Promise<void> {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([standalone(svg)], { type: 'image/svg+xml' }));
  try {
    await new Promise((ok, no) => {
      image.onload = ok;
      image.onerror = no;
      image.src = url;
    });
    const canvas = document.createElement('canvas');
    canvas.width = 2 * svg.clientWidth;
    canvas.height = 2 * svg.clientHeight;
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((ok) => canvas.toBlob(ok, 'image/png'));
    if (blob) save(name, 'image/png', blob);
  } finally {
    URL.revokeObjectURL(url);
  }
}
