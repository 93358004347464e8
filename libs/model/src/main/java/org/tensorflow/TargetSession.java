package org.tensorflow;

import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_SessionOptions;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.ConfigProto;

/**
 * A session that runs on a {@link Server}, which TensorFlow can do and its Java API does not offer. It stands in this package
 * because a session's own constructor is seen from nowhere else.
 */
public final class TargetSession {
    private TargetSession() {}

    /** @param target of a server, as in {@code grpc://127.0.0.1:2222} */
    public static Session open(Graph graph, String target, ConfigProto config) {
        try (Graph.Reference reference = graph.ref();
                PointerScope scope = new PointerScope()) {
            TF_Status status = TF_Status.newStatus();
            TF_SessionOptions options = TF_SessionOptions.newSessionOptions();
            BytePointer bytes = new BytePointer(config.toByteArray());
            tensorflow.TF_SetConfig(options, bytes, bytes.capacity(), status);
            status.throwExceptionIfNotOK();
            tensorflow.TF_SetTarget(options, target);
            TF_Session session = tensorflow.TF_NewSession(reference.nativeHandle(), options, status);
            status.throwExceptionIfNotOK();
            // As Session does: it deletes the native one itself.
            return new Session(graph, session.retainReference());
        }
    }
}
