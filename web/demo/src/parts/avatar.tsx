export function Avatar({ name, color, size = 26 }: { name: string; color: string; size?: number }) {
  const initials = name
    .split(/\s+/)
    .map((word) => word.charAt(0))
    .slice(0, 2)
    .join("");
  return (
    // The name is always beside it, for those who hear the page too.
    <span className="avatar" aria-hidden="true" title={name} style={{ background: color, width: size, height: size, fontSize: size * 0.4 }}>
      {initials}
    </span>
  );
}

export interface Face {
  key: string;
  name: string;
  color: string;
}

/** People side by side; more than five become a number. */
export function Avatars({ faces, label }: { faces: Face[]; label: string }) {
  const shown = faces.slice(0, 5);
  return (
    <span className="avatars" role="group" aria-label={`${label}: ${faces.map((face) => face.name).join(", ") || "nobody"}`}>
      {shown.map((face) => (
        <Avatar key={face.key} name={face.name} color={face.color} />
      ))}
      {faces.length > shown.length && <span className="avatar more">+{faces.length - shown.length}</span>}
    </span>
  );
}
