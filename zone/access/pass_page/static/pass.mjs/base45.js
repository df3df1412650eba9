// Base45 (RFC 9285): two bytes become three characters of the QR code's alphanumeric mode, least significant first.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

export function encode(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 2) {
    const pair = i + 1 < bytes.length;
    let value = pair ? bytes[i] * 256 + bytes[i + 1] : bytes[i];
    for (let digits = pair ? 3 : 2; digits > 0; digits -= 1) {
      text += ALPHABET[value % 45];
      value = Math.floor(value / 45);
    }
  }
  return text;
}
