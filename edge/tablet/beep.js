// One beep right, three wrong: as guards know it from their readers. A page that nobody has touched yet may make no sound: then it is silent.

let sound = null;

export function beep(right) {
  try {
    sound ??= new AudioContext();
    for (const n of right ? [0] : [0, 1, 2]) {
      const tone = sound.createOscillator();
      const loud = sound.createGain();
      tone.frequency.value = right ? 1800 : 700;
      loud.gain.value = 0.2;
      tone.connect(loud).connect(sound.destination);
      tone.start(sound.currentTime + n * 0.22);
      tone.stop(sound.currentTime + n * 0.22 + 0.13);
    }
  } catch { /* a tablet without sound: the words are on the page */ }
}
