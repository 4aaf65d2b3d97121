/*
 * A city of RTSP devices that costs little, so that what is measured is who asks.
 *
 *   responder [hang]
 *
 * Listens on a free port of all of 127.0.0.0/8, prints the port, and answers each OPTIONS with 200 and its CSeq
 * until it is killed. With "hang" it accepts and never answers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 512, BACKLOG = 4096, REQUEST_MAX = 2048 };

static int hang;

static void answer(int fd)
{
    char request[REQUEST_MAX + 1], reply[256];
    ssize_t got = recv(fd, request, REQUEST_MAX, 0);
    const char *sequence;
    int length;

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        close(fd);
        return;
    }
    request[got] = 0;
    sequence = strcasestr(request, "\r\nCSeq:");
    if (hang || !sequence)
        return;
    length = snprintf(reply, sizeof reply,
                      "RTSP/1.0 200 OK\r\nCSeq: %d\r\nPublic: OPTIONS, DESCRIBE, SETUP, TEARDOWN, PLAY, PAUSE\r\n"
                      "Server: Camera/1.0\r\n\r\n", atoi(sequence + 7));
    send(fd, reply, length, MSG_NOSIGNAL);
}

static void welcome(int listener, int epoll)
{
    for (;;) {
        struct epoll_event watch = {.events = EPOLLIN | EPOLLRDHUP};
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0)
            return;
        watch.data.fd = fd;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &watch);
    }
}

static int listen_everywhere(void)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t size = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    /* Nobody outside this machine is answered, whatever the address. */
    setsockopt(listener, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
    if (bind(listener, (struct sockaddr *)&here, size) || listen(listener, BACKLOG)
        || getsockname(listener, (struct sockaddr *)&here, &size)) {
        perror("responder");
        exit(1);
    }
    printf("%d\n", ntohs(here.sin_port));
    fflush(stdout);
    return listener;
}

int main(int argc, char **argv)
{
    struct epoll_event events[BATCH], watch = {.events = EPOLLIN};
    int epoll = epoll_create1(EPOLL_CLOEXEC), listener = listen_everywhere();

    hang = argc > 1 && !strcmp(argv[1], "hang");
    watch.data.fd = listener;
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &watch);
    for (;;) {
        int ready = epoll_wait(epoll, events, BATCH, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == listener)
                welcome(listener, epoll);
            else
                answer(events[i].data.fd);
        }
    }
}
