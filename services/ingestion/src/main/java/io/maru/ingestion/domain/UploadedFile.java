package io.maru.ingestion.domain;

/**
 * A checked text file in the object store.
 *
 * @param name {@code uploads/{upload}}, made of the content's digest; also the object key
 * @param fileName what its sender calls it
 * @param kind what kind of text it is, see {@link DocumentKind}
 * @param size in bytes
 * @param sha256 of the bytes as sent
 */
public record UploadedFile(String name, String fileName, String kind, long size, String sha256, long lines) {
    private static final int ID_DIGITS = 32;

    /** The name of the file with this content. */
    public static String nameOf(String sha256) {
        return "uploads/" + sha256.substring(0, ID_DIGITS);
    }
}
