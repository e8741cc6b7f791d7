package labpack.core;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import labpack.conf.ServerConf;
import labpack.core.spi.Part;
import labpack.log.Log;

/** The two JMX ports: bound on 0.0.0.0, nothing spoken (real-run 1). */
final class ManagementPorts implements Part {
    private final List<ServerSocket> open = new ArrayList<>();

    @Override
    public int rank() {
        return 20;
    }

    @Override
    public void start() throws Exception {
        ServerConf conf = ServerConf.get();
        for (int port : new int[] {conf.rmiRegistryPort, conf.rmiServerPort}) {
            ServerSocket socket = new ServerSocket();
            try {
                socket.bind(new InetSocketAddress("0.0.0.0", port));
                open.add(socket);
            } catch (java.io.IOException taken) {
                Log.error("org.wso2.carbon.core.multitenancy.jmx.JMXServerManager",
                        "Could not initialize RMI server on port " + port, taken);
            }
        }
        Log.info("org.wso2.carbon.core.init.JMXServerManager", "JMX Service URL  : service:jmx:rmi://localhost:"
                + conf.rmiServerPort + "/jndi/rmi://localhost:" + conf.rmiRegistryPort + "/jmxrmi");
    }

    @Override
    public void stop() throws Exception {
        for (ServerSocket socket : open) {
            socket.close();
        }
    }
}
