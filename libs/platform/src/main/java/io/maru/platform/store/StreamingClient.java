package io.maru.platform.store;

import io.minio.Checksum;
import io.minio.Http;
import io.minio.MinioAsyncClient;
import io.minio.PutObjectAPIArgs;
import io.minio.errors.MinioException;
import java.util.concurrent.CompletableFuture;
import okhttp3.RequestBody;
import okhttp3.Response;

/** The client, which itself sends files and arrays only. */
final class StreamingClient extends MinioAsyncClient {
    StreamingClient(MinioAsyncClient client) {
        super(client);
    }

    /** Writes an object of whatever the body says, which may be asked again. The request is signed, not the body. */
    CompletableFuture<String> put(String bucket, String key, Http.Headers headers, RequestBody body) {
        PutObjectAPIArgs where = PutObjectAPIArgs.builder()
                .bucket(bucket)
                .object(key)
                .data(new byte[0], 0)
                .build();
        return executePutAsync(where, headers, null, new Streamed(body)).thenApply(response -> {
            try (Response answer = response) {
                return answer.header("ETag");
            }
        });
    }

    /** The client signs no request whose body is of this kind, unless the body hides it. */
    private static final class Streamed extends Http.Body {
        private final RequestBody body;

        Streamed(RequestBody body) {
            super(new byte[0], 0, body.contentType(), Checksum.UNSIGNED_PAYLOAD, null);
            this.body = body;
        }

        @Override
        public Http.RequestBody toRequestBody() throws MinioException {
            return new Http.RequestBody(body);
        }
    }
}
