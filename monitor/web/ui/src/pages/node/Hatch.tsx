const ID = "node-hatch";

/** The pattern of what nobody saw; once on the page, for all drawings on it. */
export function Hatch() {
  return (
    <svg class="hatch" width="0" height="0" aria-hidden="true">
      <defs>
        <pattern id={ID} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="2" height="6" />
        </pattern>
      </defs>
    </svg>
  );
}

/** How a part of that name is filled; colours come from its class. */
export function hatching(name: string): { fill?: string } {
  return name === "unknown" ? { fill: `url(#${ID})` } : {};
}
