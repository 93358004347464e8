package io.maru.ingestion.domain;

import io.maru.platform.name.ResourceName;

/**
 * A checked text file in the object store.
 *
 * @param name {@code workspaces/{workspace}/uploads/{upload}}, made of the content's digest; also the object key
 * @param fileName what its sender calls it
 * @param kind what kind of text it is, see {@link DocumentKind}
 * @param size in bytes
 * @param sha256 of the bytes as sent
 */
public record UploadedFile(String name, String fileName, String kind, long size, String sha256, long lines) {
    private static final int ID_DIGITS = 32;

    /** The name of the file with this content, in a workspace. */
    public static String nameOf(String workspace, String sha256) {
        return ResourceName.of(workspace, "uploads/" + sha256.substring(0, ID_DIGITS));
    }
}
