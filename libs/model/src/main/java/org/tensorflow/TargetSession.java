package org.tensorflow;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_SessionOptions;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.ConfigProto;

/**
 * What TensorFlow can do with a session and its Java API does not offer: run it on a {@link Server}, and list its devices.
 * It stands in this package because a session's own constructor is seen from nowhere else.
 */
public final class TargetSession {
    private TargetSession() {}

    /** @param target of a server, as in {@code grpc://127.0.0.1:2222}; empty for this process without one */
    public static Session open(Graph graph, String target, ConfigProto config) {
        try (Graph.Reference reference = graph.ref();
                PointerScope scope = new PointerScope()) {
            return new Session(graph, allocate(reference, target, config));
        }
    }

    /** The types of what a session in this process computes on, as in {@code GPU}. */
    public static List<String> deviceTypes(ConfigProto config) {
        try (Graph graph = new Graph();
                Graph.Reference reference = graph.ref();
                PointerScope scope = new PointerScope()) {
            TF_Status status = TF_Status.newStatus();
            TF_Session session = allocate(reference, "", config);
            TF_DeviceList devices = tensorflow.TF_SessionListDevices(session, status);
            status.throwExceptionIfNotOK();
            List<String> types = new ArrayList<>();
            for (int i = 0; i < tensorflow.TF_DeviceListCount(devices); i++) {
                types.add(tensorflow.TF_DeviceListType(devices, i, status).getString());
                status.throwExceptionIfNotOK();
            }
            tensorflow.TF_DeleteDeviceList(devices);
            tensorflow.TF_CloseSession(session, status);
            tensorflow.TF_DeleteSession(session, status);
            session.releaseReference();
            return types;
        }
    }

    private static TF_Session allocate(Graph.Reference graph, String target, ConfigProto config) {
        TF_Status status = TF_Status.newStatus();
        TF_SessionOptions options = TF_SessionOptions.newSessionOptions();
        BytePointer bytes = new BytePointer(config.toByteArray());
        tensorflow.TF_SetConfig(options, bytes, bytes.capacity(), status);
        status.throwExceptionIfNotOK();
        tensorflow.TF_SetTarget(options, target);
        TF_Session session = tensorflow.TF_NewSession(graph.nativeHandle(), options, status);
        status.throwExceptionIfNotOK();
        // As Session does: it deletes the native one itself.
        return session.retainReference();
    }
}
