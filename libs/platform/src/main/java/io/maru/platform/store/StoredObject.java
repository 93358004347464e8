package io.maru.platform.store;

/**
 * An object in the store, as it was written.
 *
 * @param size in bytes
 * @param sha256 lowercase hexadecimal
 */
public record StoredObject(String key, long size, String sha256) {}
