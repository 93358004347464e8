/**
 * The bytes that services pass on: document shards, token shards, tensors, and the manifests that list them.
 *
 * <p>A writer creates a file, and {@code seal()} ends it: the bytes are forced to the disk and their size and SHA-256
 * returned. From then on the file never changes, so readers map it into memory and share it. A file that is closed
 * before it is sealed is deleted. Equal input gives equal bytes.
 *
 * <p>A reader trusts nothing: bytes that are not what the format says end in a {@link
 * io.maru.formats.CorruptFileException} that names the file, the place, what was found and what was expected. {@link
 * java.io.IOException} is left for a disk or a network that fails.
 */
package io.maru.formats;
