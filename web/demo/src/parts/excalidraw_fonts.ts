/** Excalidraw takes its fonts from here and not from somebody else's host; vite.config.ts puts them there.
 * Must be imported before Excalidraw. */
(window as unknown as { EXCALIDRAW_ASSET_PATH: string }).EXCALIDRAW_ASSET_PATH = `${window.location.origin}/assets/excalidraw/`;
